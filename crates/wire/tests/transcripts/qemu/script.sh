#!/bin/sh
# the old way
QEMU=/usr/bin/qemu-system-x86_64
modprobe kvm
exec $QEMU -enable-kvm -S disk.img \
  -name 'my guest,debug-threads=on' -cpu "host,+invtsc,hv_time,-kvmclock" \
  -machine pc-q35-7.2,accel=kvm:tcg,hpet=off -accel kvm \
  -rtc base=localtime,clock=vm,driftfix=slew -global kvm-pit.lost_tick_policy=discard \
  -global driver=mc146818rtc,property=lost_tick_policy,value=slew 2>&1 | tee log
