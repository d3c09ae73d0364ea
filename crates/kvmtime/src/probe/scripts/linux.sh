#!/bin/sh
# Reads what concerns time in a Linux guest, for `kvmtime check FOLDER` on another machine. It is for guests where kvmtime
# itself cannot be run; `kvmtime capture` asks the kernel for some things that no script can.
#
# It changes nothing but the folder kvmtime-linux, which it makes where it is started, and asks nothing on the network.
# It needs no root; what it may not read it says.
#
#     sh capture.sh
#
# The machine's name and MAC addresses are left out; time servers and kernel parameters stay.

LC_ALL=C
export LC_ALL
PATH=$PATH:/sbin:/usr/sbin
folder=kvmtime-linux
. ./keep.sh

mkdir -p "$folder/kvmtime/ask" || exit 2

# Keeps that something is there, and not what it holds.
touched() {
    for path in "$@"; do
        if [ -d "$path" ]; then
            mkdir -p "$folder$path"
        elif [ -e "$path" ]; then
            mkdir -p "$folder${path%/*}" && : >>"$folder$path"
        else
            unknown "$path" '"absent"'
        fi
    done
}

# Keeps the lines of a log that speak of clocks, at their places; the others stay empty.
log() {
    pattern=$1
    shift
    for path in "$@"; do
        if [ -r "$path" ]; then
            mkdir -p "$folder${path%/*}"
            awk -v pattern="$pattern" '$0 !~ pattern { $0 = "" } { print }' "$path" | redacted >"$folder$path"
        else
            take "$path"
        fi
    done
}

# The system, its kernel and its processor.
mkdir -p "$folder/proc/sys/kernel" "$folder/etc"
echo host >"$folder/proc/sys/kernel/hostname"
echo "Linux host $(uname -r) $(uname -v) $(uname -m)" >"$folder/kvmtime/run/uname_-a"
take /etc/os-release /usr/lib/os-release /etc/redhat-release /proc/sys/kernel/osrelease /proc/cmdline /proc/cpuinfo \
    /proc/stat /proc/pressure/cpu /proc/2/comm /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/chassis_type
touched /run/.containerenv /.dockerenv /run/systemd/container /run/systemd/system
# By the signatures that CPUID has for them. `qemu` says only that KVM does not show itself.
case $(systemd-detect-virt --vm 2>/dev/null) in
kvm | amazon) signature='"KVMKVMKVM"' ;;
microsoft) signature='"Microsoft Hv"' ;;
oracle) signature='"VBoxVBoxVBox"' ;;
vmware) signature='"VMwareVMware"' ;;
xen) signature='"XenVMMXenVMM"' ;;
none) signature=null ;;
*) signature= ;;
esac
if grep -q 'QEMU TCG' /proc/cpuinfo; then
    signature='"TCGTCGTCGTCG"'
fi
if [ -n "$signature" ]; then
    echo "$signature" >"$folder/kvmtime/ask/hypervisor.json"
fi

# Clocks: the one in use, the RTC, and those that KVM offers.
clocksource=/sys/devices/system/clocksource/clocksource0
take $clocksource/current_clocksource $clocksource/available_clocksource /sys/class/rtc/rtc0/name /etc/adjtime
if rtc=$(cat /sys/class/rtc/rtc0/since_epoch 2>/dev/null); then
    echo $((rtc - $(date +%s))) >"$folder/kvmtime/ask/rtc-minus-system.json"
else
    unknown /kvmtime/ask/rtc-minus-system.json '"absent"'
fi
zone=$(date +%z)
minutes=${zone#???}
hours=${zone%??}
hours=${hours#?}
echo "${zone%????}$((3600 * ${hours#0} + 60 * ${minutes#0}))" | tr -d + >"$folder/kvmtime/ask/zone-offset.json"
touched /sys/class/ptp /sys/module/ptp_kvm /sys/class/misc/vmclock0 /sys/class/virtio-ports
for name in /sys/class/ptp/*/clock_name /sys/class/virtio-ports/*/name; do
    [ -e "$name" ] && take "$name"
done
for link in /sys/class/ptp/*/device; do
    [ -L "$link" ] && mkdir -p "$folder${link%/*}" && ln -s "$(readlink "$link")" "$folder$link"
done
for link in /dev/ptp_kvm /dev/ptp_hyperv /dev/ptp_ena; do
    if [ -L "$link" ]; then
        mkdir -p "$folder/dev" && ln -s "$(readlink "$link")" "$folder$link"
    else
        unknown "$link" '"absent"'
    fi
done
modules=/lib/modules/$(uname -r)
log ptp_kvm "$modules/modules.builtin" "$modules/modules.dep"

# The kernel as a host, for guests that have guests.
for parameter in /sys/module/kvm/parameters/* /sys/module/kvm_intel/parameters/* /sys/module/kvm_amd/parameters/*; do
    [ -e "$parameter" ] && take "$parameter"
done
take /sys/power/state /etc/tuned/active_profile
touched /sbin/hwclock /etc/modprobe.d
for path in /etc/modprobe.d/*.conf; do
    [ -e "$path" ] && take "$path"
done

# Time daemons, the guest agent, and how they are set up. Processes have arguments that are nobody's business.
{
    echo "    PID COMMAND"
    for process in /proc/[0-9]*; do
        read -r name 2>/dev/null <"$process/comm" || continue
        case $name in
        chronyd* | ntpd* | ntp-daemon* | systemd-timesyn* | phc2sys* | timemaster* | vmtoolsd* | VBoxService* | \
            qemu-system* | qemu-kvm* | kvm* | qemu-ga* | busybox*)
            echo "${process#/proc/} $(tr '\0\n' '  ' <"$process/cmdline")"
            ;;
        esac
    done
} >"$folder/kvmtime/run/ps_-eo_pid,args"
take /etc/chrony/chrony.conf /etc/chrony.conf /etc/ntp.conf /etc/ntpsec/ntp.conf /etc/default/ntp /etc/default/ntpsec \
    /etc/sysconfig/ntpd /etc/qemu/qemu-ga.conf /etc/sysconfig/qemu-ga
for path in /etc/chrony/*.d/* /etc/chrony.d/* /run/chrony-dhcp/* /etc/ntp.d/* /etc/ntpsec/ntp.d/*; do
    [ -e "$path" ] && take "$path"
done
runs() { grep -q "$1" "$folder/kvmtime/run/ps_-eo_pid,args"; }
runs chronyd && run chronyc -n tracking && run chronyc -n sources
runs ntpd && run ntpq -pn && run ntpq -c rv && run ntpctl -s status
runs systemd-timesyncd && run timedatectl timesync-status

# systemd's units: which are wanted, and what those on time say.
for wanted in /etc/systemd/system/*.wants/*; do
    [ -e "$wanted" ] && touched "$wanted"
done
for unit in ntp ntpd ntpsec libvirt-guests libvirtd virtqemud; do
    for place in /etc/systemd/system /usr/lib/systemd/system; do
        take "$place/$unit.service"
        for drop_in in "$place/$unit.service.d"/*.conf; do
            [ -e "$drop_in" ] && take "$drop_in"
        done
    done
done

# Logs.
clocks='Linux version|clocksource|[Cc]lock|TSC|tsc:|timekeeping|ntpd|chronyd|kvm|[Tt]ime|tick|suspend|resume|PM:|hrtimer'
run dmesg
log "$clocks" /var/log/dmesg /var/log/kern.log /var/log/messages /var/log/syslog /var/log/daemon.log
journals=$(ls -A /var/log/journal 2>/dev/null; ls -A /run/log/journal 2>/dev/null)
closed=
for journal in /var/log/journal/*/system.journal /run/log/journal/*/system.journal; do
    [ -e "$journal" ] && closed=$journal
    [ -r "$journal" ] && closed= && break
done
name=journalctl_-b_-q_--no-pager_-t_chronyd_-t_ntpd_-t_libvirtd_-t_virtqemud
if [ -n "$closed" ]; then
    unknown "/kvmtime/run/$name" '"denied"'
elif [ -n "$journals" ]; then
    run journalctl -b -q --no-pager -t chronyd -t ntpd -t libvirtd -t virtqemud
else
    unknown "/kvmtime/run/$name" '"absent"'
fi

finish
