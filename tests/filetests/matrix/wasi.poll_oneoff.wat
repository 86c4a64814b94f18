;;! representations: i32 i64 anyref
;;! directories: files
;;! stdin: text
;; Waits for three events: a time that has passed, an hour from now, and a third one, which is either a time that
;; has also passed (tag 0), or input to read (tag 1), which is available before any clock. So there are two events
;; in the order of the subscriptions, or one. A clock or a descriptor may be bad (INVAL, 28; BADF, 8). If lifted, the
;; number of subscriptions follows from the size: 47 bytes contain none (INVAL). Too little room for as many events
;; is an error that linmem itself returns (INVAL), without asking the host.

(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $raw (param i32 i32 i32 i32) (result i32)))
  (import "linmem" "wasi.poll_oneoff" (func $lifted (param {seg} {bytes} {seg} {bytes}) (result i32 i32)))
  (import "linmem" "wasi.poll_oneoff" (func $folded (param {seg} {bytes} {seg} {bytes}) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "wasi.subscription.set_userdata" (func $set_userdata (param {seg} i64)))
  (import "linmem" "wasi.subscription.set_tag" (func $set_tag (param {seg} i32)))
  (import "linmem" "wasi.subscription.set_clock_id" (func $set_clock_id (param {seg} i32)))
  (import "linmem" "wasi.subscription.set_timeout" (func $set_timeout (param {seg} i64)))
  (import "linmem" "wasi.subscription.set_clock_flags" (func $set_clock_flags (param {seg} i32)))
  (import "linmem" "wasi.subscription.set_fd" (func $set_fd (param {seg} i32)))
  (import "linmem" "wasi.event.userdata" (func $userdata (param {seg}) (result i64)))
  (import "linmem" "wasi.event.type" (func $type (param {seg}) (result i32)))

  ;; A subscription to a clock or a descriptor, as the tag says; to a time if the flag is 1, after a duration if it is 0.
  (func $wait (param $s {seg}) (param $userdata i64) (param $tag i32) (param $of i32) (param $timeout i64)
    (param $flag i32)
    (call $set_userdata (local.get $s) (local.get $userdata)) (call $set_tag (local.get $s) (local.get $tag))
    (if (local.get $tag) (then (call $set_fd (local.get $s) (local.get $of)))
      (else (call $set_clock_id (local.get $s) (local.get $of))
        (call $set_timeout (local.get $s) (local.get $timeout))
        (call $set_clock_flags (local.get $s) (local.get $flag)))))
  (func $subscriptions (param $r i32) (param $tag i32) (param $of i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 144)))
    (call $fill (local.get $s) (i32.const 0) (i32.const 144) (i32.const 0))
    (call $wait (local.get $s) (i64.const -11) (i32.const 0) (i32.const 1) (i64.const 1) (i32.const 1))
    (call $wait (call $slice (local.get $s) (i32.const 48) (i32.const 48)) (i64.const -22)
      (i32.const 0) (i32.const 1) (i64.const 3_600_000_000_000) (i32.const 0))
    (call $wait (call $slice (local.get $s) (i32.const 96) (i32.const 48)) (i64.const -33)
      (local.get $tag) (local.get $of) (i64.const 1) (i32.const 1))
    (local.get $s))
  (func $events (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 96)))
    (call $fill (local.get $s) (i32.const 0) (i32.const 96) (i32.const 255))
    (local.get $s))
  ;; Userdata and type of the first two events; where there is no event, all bits are set.
  (func $found (param $s {seg}) (result i64 i32 i64 i32)
    (call $userdata (local.get $s)) (call $type (local.get $s))
    (local.set $s (call $slice (local.get $s) (i32.const 32) (i32.const 64)))
    (call $userdata (local.get $s)) (call $type (local.get $s)))

  (func (export "raw") (param $tag i32) (param $of i32) (param $count i32) (result i32 i32 i64 i32 i64 i32)
    (local $r i32) (local $events {seg}) (local $found {seg})
    (local.set $events (call $events (local.tee $r (call $new))))
    (local.set $found (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $found) (i32.const 0) (i32.const 0))
    (call $raw (call $address (call $subscriptions (local.get $r) (local.get $tag) (local.get $of)))
      (call $address (local.get $events)) (local.get $count) (call $address (local.get $found)))
    (call $getInt (local.get $found) (i32.const 0))
    (call $found (local.get $events)))
  (func (export "lifted") (param $tag i32) (param $of i32) (result i32 i32 i64 i32 i64 i32)
    (local $r i32) (local $events {seg})
    (local.set $events (call $events (local.tee $r (call $new))))
    (call $lifted (call $subscriptions (local.get $r) (local.get $tag) (local.get $of)) {size:144}
      (local.get $events) {size:96})
    (call $found (local.get $events)))
  (func (export "folded") (param $tag i32) (param $of i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $folded (call $subscriptions (local.get $r) (local.get $tag) (local.get $of)) {size:144}
      (call $events (local.get $r)) {size:96}))
  (func (export "none") (result i32 i32 i64 i32 i64 i32) (local $r i32) (local $events {seg})
    (local.set $events (call $events (local.tee $r (call $new))))
    (call $lifted
      (call $slice (call $subscriptions (local.get $r) (i32.const 0) (i32.const 1)) (i32.const 0) (i32.const 47))
      {size:47} (local.get $events) {size:96})
    (call $found (local.get $events)))
  (func (export "room_for_two") (result i32 i32 i64 i32 i64 i32) (local $r i32) (local $events {seg})
    (local.set $events (call $events (local.tee $r (call $new))))
    (call $lifted (call $subscriptions (local.get $r) (i32.const 0) (i32.const 1)) {size:144}
      (call $slice (local.get $events) (i32.const 0) (i32.const 95)) {size:95})
    (call $found (local.get $events))))

;; run: raw(0, 1, 3) == (0, 2, -11, 0, -33, 0)
;; run: lifted(0, 1) == (0, 2, -11, 0, -33, 0)
;; run: folded(0, 1) == 2
;; run: raw(1, 0, 3) == (0, 1, -33, 1, -1, 255)
;; run: lifted(1, 0) == (0, 1, -33, 1, -1, 255)
;; run: folded(1, 0) == 1
;; run: raw(0, 2, 3) == (28, 0, -1, 255, -1, 255)
;; run: lifted(0, 2) == (28, 0, -1, 255, -1, 255)
;; run: folded(0, 2) == -28
;; run: raw(1, 99, 3) == (8, 0, -1, 255, -1, 255)
;; run: lifted(1, 99) == (8, 0, -1, 255, -1, 255)
;; run: folded(1, 99) == -8
;; run: raw(0, 1, 0) == (28, 0, -1, 255, -1, 255)
;; run: none() == (28, 0, -1, 255, -1, 255)
;; run: room_for_two() == (28, 0, -1, 255, -1, 255)
