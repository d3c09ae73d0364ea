#!/bin/sh
# Reads what concerns time in a FreeBSD, NetBSD or OpenBSD guest, for `kvmtime check FOLDER` on another machine.
#
# It changes nothing but the folder kvmtime-bsd, which it makes where it is started, and asks nothing on the network.
# It needs no root; what it may not read it says.
#
#     sh capture.sh
#
# The machine's name and MAC addresses are left out.

LC_ALL=C
export LC_ALL
PATH=$PATH:/sbin:/usr/sbin:/usr/local/bin:/usr/local/sbin:/usr/pkg/bin:/usr/pkg/sbin
folder=kvmtime-bsd
. ./keep.sh

# Keeps only some lines of files, whose others may hold secrets.
lines() {
    pattern=$1
    shift
    for path in "$@"; do
        if [ -r "$path" ]; then
            mkdir -p "$folder${path%/*}"
            grep -E "^[[:space:]]*($pattern)" "$path" >"$folder$path"
        else
            take "$path"
        fi
    done
}

echo "$(uname -s) host $(uname -r) $(uname -v | tr '\n' ' ') $(uname -m)" >"$folder/kvmtime/run/uname_-a"

# A name that the kernel does not know is no failure: each system has its own.
for name in kern.timecounter kern.clockrate kern.hz kern.boottime kern.vm_guest hw.vendor hw.sensors \
    machdep.dmi.system-vendor machdep.tsc_freq machdep.invariant_tsc dev.kvmclock dev.pvclock; do
    if sysctl "$name" >/dev/null 2>&1; then
        run sysctl "$name"
    else
        unknown "/kvmtime/run/sysctl_$name" '"absent"'
    fi
done

run dmesg

# Only what concerns time, as processes have arguments that are nobody's business.
ps -axwwo pid,args | awk 'NR == 1 || /chronyd|ntpd|timed|phc2sys|qemu-ga/ && !/awk/' \
    >"$folder/kvmtime/run/ps_-axwwo_pid,args"

run ntpctl -s status
run ntpq -pn
run ntpq -c rv
run chronyc -n tracking
run chronyc -n sources

for path in /etc/ntp.conf /etc/ntpd.conf /etc/chrony.conf /usr/local/etc/chrony.conf /usr/pkg/etc/chrony.conf \
    /etc/wall_cmos_clock; do
    take "$path"
done
lines 'kern[.](hz|timecounter|eventtimer)|machdep|hint[.](attimer|atrtc|hpet)' /boot/loader.conf /boot/loader.conf.local
lines 'kern[.]timecounter' /etc/sysctl.conf
lines '(ntp|openntpd|chronyd|qemu_guest_agent)[a-z_]*=' /etc/rc.conf /etc/rc.conf.local

finish
