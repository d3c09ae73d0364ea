# Reads what concerns time in a Windows guest, for `kvmtime check FOLDER` on another machine.
#
# It changes nothing but the folder kvmtime-windows, which it makes where it is started, and asks nothing on the network.
# Run it in Windows PowerShell, best as administrator (without, it cannot read the boot entry and says so):
#
#     powershell -ExecutionPolicy Bypass -File capture.ps1
#
# It needs Windows PowerShell 2.0, which comes with Windows 7 and Server 2008 R2. On XP and Server 2003 it runs where
# PowerShell 2.0 was added; they have no bcdedit, and their w32tm answers no /query. Without PowerShell there, copy
# C:\boot.ini by hand to kvmtime-windows\boot.ini.

if ($env:PROCESSOR_ARCHITEW6432) {
    Write-Host 'this is the 32-bit PowerShell, which finds no bcdedit: start the 64-bit one'
    exit 2
}
$Folder = Join-Path (Get-Location).Path 'kvmtime-windows'
if (Test-Path $Folder) { Write-Host "$Folder is there already: delete or rename it first"; exit 2 }
$Answers = Join-Path (Join-Path $Folder 'kvmtime') 'run'
[void](New-Item -ItemType Directory -Path $Answers)
$Unknown = @()

# Every file is UTF-8 without a mark at its start.
function Write-Text($Path, $Text) {
    [IO.File]::WriteAllText($Path, $Text, (New-Object Text.UTF8Encoding $false))
}

# What could not be read: "absent" and "denied" are quite different things to know.
function Add-Unknown($Path, $Why) {
    $Json = '"absent"', '"denied"'
    if ($Json -notcontains $Why) {
        $Why = '{ "failed": "' + ($Why -replace '[\x00-\x1f\x7f]', ' ' -replace '\\', '\\' -replace '"', '\"') + '" }'
    }
    $script:Unknown += "    `"$Path`": $Why"
}

# Keeps what a program prints under the name that kvmtime looks for; its exit status tells why it failed.
function Save-Output($Words) {
    $Name = ($Words -join '_') -replace '[/\\]', '.'
    $Program = $Words[0]
    if (-not (Get-Command -Name $Program -CommandType Application -ErrorAction SilentlyContinue)) {
        Add-Unknown "/kvmtime/run/$Name" '"absent"'
        return
    }
    $Arguments = @($Words | Select-Object -Skip 1)
    $Text = (& $Program $Arguments 2>&1 | Out-String -Width 4096)
    $Status = $LASTEXITCODE
    if ($Status -eq 0) {
        Write-Text (Join-Path $Answers $Name) $Text
    } elseif ($Status -eq 1060) {
        # There is no such service.
        Add-Unknown "/kvmtime/run/$Name" '"absent"'
    } elseif ($Status -eq 5 -or $Text -match '0x80070005') {
        Add-Unknown "/kvmtime/run/$Name" '"denied"'
    } else {
        Add-Unknown "/kvmtime/run/$Name" "exit status ${Status}: $($Text.Trim())"
    }
}

# Keeps some properties of the machine, whose names are the same in every language.
function Save-Properties($Class, $Names) {
    $Name = "Get-WmiObject_$Class"
    try {
        $Object = Get-WmiObject -Class $Class -ErrorAction Stop
        Write-Text (Join-Path $Answers $Name) ($Object | Format-List -Property $Names | Out-String -Width 4096)
    } catch {
        Add-Unknown "/kvmtime/run/$Name" "$($_.Exception.Message)"
    }
}

Save-Properties 'Win32_OperatingSystem' @('Caption', 'Version', 'BuildNumber', 'ProductType')
Save-Properties 'Win32_ComputerSystem' @('Manufacturer', 'Model', 'NumberOfProcessors',
    'NumberOfLogicalProcessors', 'PartOfDomain')

# The rate of the performance counter shows which timer it is.
Write-Text (Join-Path $Answers 'QueryPerformanceFrequency') "$([Diagnostics.Stopwatch]::Frequency)`n"

# Whether the RTC is taken for UTC, the time zone, and how the time service starts.
Save-Output @('reg', 'query', 'HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation')
Save-Output @('reg', 'query', 'HKLM\SYSTEM\CurrentControlSet\Services\W32Time')
Save-Output @('reg', 'query', 'HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Parameters')

# The time service, ntpd for Windows, and QEMU's guest agent.
Save-Output @('sc.exe', 'query', 'w32time')
Save-Output @('sc.exe', 'query', 'NTP')
Save-Output @('sc.exe', 'query', 'QEMU-GA')
Save-Output @('w32tm', '/query', '/status', '/verbose')
Save-Output @('w32tm', '/query', '/source')
Save-Output @('w32tm', '/query', '/configuration')
Save-Output @('w32tm', '/query', '/peers')

# What Windows was booted with: bcdedit for Windows Vista and later, boot.ini before.
$Me = New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
if ($Me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
    Save-Output @('bcdedit', '/enum', '{current}')
} else {
    Add-Unknown '/kvmtime/run/bcdedit_.enum_{current}' '"denied"'
    Write-Host 'not read: the boot entry, which only an administrator may see'
}
$BootIni = Join-Path "$env:SystemDrive\" 'boot.ini'
if (Test-Path -LiteralPath $BootIni) {
    try { Write-Text (Join-Path $Folder 'boot.ini') ([IO.File]::ReadAllText($BootIni)) }
    catch { Add-Unknown '/boot.ini' '"denied"' }
}

$Index = "{`n  `"unknown`": {`n" + ($Unknown -join ",`n") + "`n  },`n  `"names`": {}`n}`n"
Write-Text (Join-Path (Join-Path $Folder 'kvmtime') 'index.json') $Index

if (Get-Command -Name Compress-Archive -ErrorAction SilentlyContinue) {
    Compress-Archive -Path $Folder -DestinationPath "$Folder.zip" -Force
    Write-Host "copy $Folder.zip to a machine with kvmtime, unpack it, and run there:"
} else {
    Write-Host "copy the folder $Folder to a machine with kvmtime, and run there:"
}
Write-Host '    kvmtime check kvmtime-windows               or, with its domain:'
Write-Host '    kvmtime check kvmtime-windows web01.xml'
