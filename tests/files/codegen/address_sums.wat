;;! test: run, best
;;! target: riscv64, riscv64+zba
;; Addresses that are sums in 64 bits, since the ranges of their terms are known: what comes from outside of a loop is
;; added up in front of it. And such as wrap, or may, which have to be made in 32 bits.
(module
  (memory 1)
  (data (i32.const 64) "\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\10")
  (data (i32.const 4160) "\0a\00\00\00\14\00\00\00\1e")
  ;; 64 .. 79, two bytes a round
  (func (export "up") (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.mul (i32.load8_u (i32.add (local.get $i) (i32.const 64)))
                                                         (i32.load8_u offset=1 (i32.add (local.get $i) (i32.const 64))))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 2))) (i32.const 16))))
    (local.get $sum))
  ;; A counter that begins below zero.
  (func (export "down_to_zero") (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const -16))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 80)))))
      (br_if $next (local.tee $i (i32.add (local.get $i) (i32.const 1)))))
    (local.get $sum))
  ;; A row from outside of the inner loop, and a table.
  (func (export "rows") (result i32) (local $row i32) (local $i i32) (local $sum i32)
    (loop $rows
      (local.set $i (i32.const 0))
      (loop $next
        (local.set $sum (i32.add (local.get $sum)
          (i32.load (i32.add (i32.shl (i32.and (i32.load8_u (i32.add (i32.add (local.get $row) (local.get $i)) (i32.const 64)))
                                               (i32.const 3)) (i32.const 2)) (i32.const 4160)))))
        (i32.store (i32.add (i32.add (local.get $row) (local.get $i)) (i32.const 4096)) (local.get $sum))
        (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 8))))
      (br_if $rows (i32.ne (local.tee $row (i32.add (local.get $row) (i32.const 8))) (i32.const 16))))
    (local.get $sum))
  ;; The sum wraps at 2^32 while the loop runs: 0xfffffffc, then 0, 4 ...
  (func (export "wraps") (param $first i32) (result i32) (local $i i32) (local $sum i32)
    (local.set $i (local.get $first))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 0xfffffff0)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (local.get $sum))
  (func (export "wraps_always") (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const 80))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 0xfffffff0)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 96))))
    (local.get $sum))
  ;; Of a base that may be anything nothing is known.
  (func (export "anywhere") (param $base i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (local.get $base)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16))))
    (local.get $sum))
  ;; One term as a signed and as an unsigned number: the one access is inside, the other nowhere.
  (func (export "both") (param $wrong i32) (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const -64))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 144)))))
      (if (local.get $wrong) (then (local.set $sum (i32.load8_u (local.get $i)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const -60))))
    (local.get $sum))
  (func (export "nowhere") (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const -64))
    (loop $next
      (local.set $sum (i32.add (i32.load8_u (i32.add (local.get $i) (i32.const 64))) (i32.load8_u (local.get $i))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const -60))))
    (local.get $sum))
  ;; The last bytes, and one more.
  (func (export "end") (param $to i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load16_u (i32.add (local.get $i) (i32.const 65528)))))
      (if (i32.eq (local.get $i) (local.get $to)) (then (return (i32.const 7))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (local.get $sum)))
;;! run: up() = 744
;;! run: down_to_zero() = 136
;;! run: rows() = 80
;;! run: wraps(80) = 136
;;! run: wraps(16) = 136
;;! run: wraps(0) = trap: out of bounds memory access
;;! run: wraps_always() = 136
;;! run: anywhere(64) = 136
;;! run: anywhere(0xfffffff8) = trap: out of bounds memory access
;;! run: both(0) = 0
;;! run: both(1) = trap: out of bounds memory access
;;! run: nowhere() = trap: out of bounds memory access
;;! run: end(6) = 7
;;! run: end(7) = trap: out of bounds memory access
;;= best-riscv64    rules: add_immediate, plain_low, bitwise_immediate, shift_immediate, load, store, jump, branch, return_
;;   function 0
;;     li a4, 16
;;     li a2, 0
;;     li a1, 0
;;   L0:
;;     add a0, a1, s11
;;     lbu a3, 64(a0)
;;     lbu a0, 65(a0)
;;     mulw a0, a3, a0
;;     addw a2, a2, a0
;;     addiw a1, a1, 2
;;     bne a1, a4, L0
;;     mv a0, a2
;;     ret
;;   function 1
;;     li a1, 0
;;     li a0, -16
;;   L0:
;;     add a2, a0, s11
;;     lbu a2, 80(a2)
;;     addw a1, a1, a2
;;     addiw a0, a0, 1
;;     bnez a0, L0
;;     mv a0, a1
;;     ret
;;   function 2
;;     li t0, 16
;;     li a3, 8
;;     lui a0, 1
;;     add a5, a0, s11
;;     li a7, 0
;;     li a2, 0
;;   L0:
;;     slli t2, a7, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lui a0, 1
;;     add a4, a1, a0
;;     slli t2, a7, 32
;;     srli t2, t2, 32
;;     add a6, t2, s11
;;     li a1, 0
;;   L1:
;;     add a0, a1, a6
;;     lbu a0, 64(a0)
;;     andi a0, a0, 3
;;     slliw a0, a0, 2
;;     add a0, a0, a5
;;     lw a0, 64(a0)
;;     addw a2, a2, a0
;;     add a0, a1, a4
;;     sw a2, 0(a0)
;;     addiw a1, a1, 4
;;     bne a1, a3, L1
;;     addiw a7, a7, 8
;;     bne a7, t0, L0
;;     mv a0, a2
;;     ret
;;   function 3
;;     li a3, 100
;;     li a2, 0
;;   L0:
;;     addiw a1, a0, -16
;;     slli t2, a1, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lbu a1, 0(a1)
;;     addw a2, a2, a1
;;     addiw a0, a0, 1
;;     bne a0, a3, L0
;;     mv a0, a2
;;     ret
;;   function 4
;;     li a3, 96
;;     li a1, 0
;;     li a0, 80
;;   L0:
;;     add a2, a0, s11
;;     lbu a2, -16(a2)
;;     addw a1, a1, a2
;;     addiw a0, a0, 1
;;     bne a0, a3, L0
;;     mv a0, a1
;;     ret
;;   function 5
;;     mv a3, a0
;;     li a4, 16
;;     li a2, 0
;;     li a0, 0
;;   L0:
;;     addw a1, a3, a0
;;     slli t2, a1, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lbu a1, 0(a1)
;;     addw a2, a2, a1
;;     addiw a0, a0, 1
;;     bne a0, a4, L0
;;     mv a0, a2
;;     ret
;;   function 6
;;     mv a3, a0
;;     li a4, -60
;;     li a0, 1
;;     slli a0, a0, 32
;;     add a5, a0, s11
;;     li a2, -64
;;     li a0, 0
;;   L0:
;;     add a1, a2, s11
;;     lbu a1, 144(a1)
;;     addw a0, a0, a1
;;     beqz a3, L1
;;     add a0, a2, a5
;;     lbu a0, 0(a0)
;;   L1:
;;     addiw a2, a2, 1
;;     bne a2, a4, L0
;;     ret
;;   function 7
;;     li a3, -60
;;     li a0, 1
;;     slli a0, a0, 32
;;     add a4, a0, s11
;;     li a0, -64
;;   L0:
;;     add a1, a0, s11
;;     lbu a2, 64(a1)
;;     add a1, a0, a4
;;     lbu a1, 0(a1)
;;     addw a1, a1, a2
;;     addiw a0, a0, 1
;;     bne a0, a3, L0
;;     mv a0, a1
;;     ret
;;   function 8
;;     mv a3, a0
;;     li a4, 100
;;     lui a0, 16
;;     add a5, a0, s11
;;     li a2, 0
;;     li a0, 0
;;   L0:
;;     add a1, a0, a5
;;     lhu a1, -8(a1)
;;     addw a2, a2, a1
;;     bne a3, a0, L1
;;     li a0, 7
;;     ret
;;   L1:
;;     addiw a0, a0, 1
;;     bne a0, a4, L0
;;     mv a0, a2
;;     ret
;;= best-riscv64+zba    rules: add_immediate, plain_low, bitwise_immediate, load, store, jump, branch, return_
;;   function 0
;;     li a4, 16
;;     li a2, 0
;;     li a1, 0
;;   L0:
;;     add.uw a0, a1, s11
;;     lbu a3, 64(a0)
;;     lbu a0, 65(a0)
;;     mulw a0, a3, a0
;;     addw a2, a2, a0
;;     addiw a1, a1, 2
;;     bne a1, a4, L0
;;     mv a0, a2
;;     ret
;;   function 1
;;     li a1, 0
;;     li a0, -16
;;   L0:
;;     add a2, a0, s11
;;     lbu a2, 80(a2)
;;     addw a1, a1, a2
;;     addiw a0, a0, 1
;;     bnez a0, L0
;;     mv a0, a1
;;     ret
;;   function 2
;;     li t0, 16
;;     li a3, 8
;;     lui a0, 1
;;     add a5, a0, s11
;;     li a7, 0
;;     li a2, 0
;;   L0:
;;     add.uw a1, a7, s11
;;     lui a0, 1
;;     add a4, a1, a0
;;     add.uw a6, a7, s11
;;     li a1, 0
;;   L1:
;;     add.uw a0, a1, a6
;;     lbu a0, 64(a0)
;;     andi a0, a0, 3
;;     sh2add.uw a0, a0, a5
;;     lw a0, 64(a0)
;;     addw a2, a2, a0
;;     add.uw a0, a1, a4
;;     sw a2, 0(a0)
;;     addiw a1, a1, 4
;;     bne a1, a3, L1
;;     addiw a7, a7, 8
;;     bne a7, t0, L0
;;     mv a0, a2
;;     ret
;;   function 3
;;     li a3, 100
;;     li a2, 0
;;   L0:
;;     addiw a1, a0, -16
;;     add.uw a1, a1, s11
;;     lbu a1, 0(a1)
;;     addw a2, a2, a1
;;     addiw a0, a0, 1
;;     bne a0, a3, L0
;;     mv a0, a2
;;     ret
;;   function 4
;;     li a3, 96
;;     li a1, 0
;;     li a0, 80
;;   L0:
;;     add.uw a2, a0, s11
;;     lbu a2, -16(a2)
;;     addw a1, a1, a2
;;     addiw a0, a0, 1
;;     bne a0, a3, L0
;;     mv a0, a1
;;     ret
;;   function 5
;;     mv a3, a0
;;     li a4, 16
;;     li a2, 0
;;     li a0, 0
;;   L0:
;;     addw a1, a3, a0
;;     add.uw a1, a1, s11
;;     lbu a1, 0(a1)
;;     addw a2, a2, a1
;;     addiw a0, a0, 1
;;     bne a0, a4, L0
;;     mv a0, a2
;;     ret
;;   function 6
;;     mv a3, a0
;;     li a4, -60
;;     li a0, 1
;;     slli a0, a0, 32
;;     add a5, a0, s11
;;     li a2, -64
;;     li a0, 0
;;   L0:
;;     add a1, a2, s11
;;     lbu a1, 144(a1)
;;     addw a0, a0, a1
;;     beqz a3, L1
;;     add a0, a2, a5
;;     lbu a0, 0(a0)
;;   L1:
;;     addiw a2, a2, 1
;;     bne a2, a4, L0
;;     ret
;;   function 7
;;     li a3, -60
;;     li a0, 1
;;     slli a0, a0, 32
;;     add a4, a0, s11
;;     li a0, -64
;;   L0:
;;     add a1, a0, s11
;;     lbu a2, 64(a1)
;;     add a1, a0, a4
;;     lbu a1, 0(a1)
;;     addw a1, a1, a2
;;     addiw a0, a0, 1
;;     bne a0, a3, L0
;;     mv a0, a1
;;     ret
;;   function 8
;;     mv a3, a0
;;     li a4, 100
;;     lui a0, 16
;;     add a5, a0, s11
;;     li a2, 0
;;     li a0, 0
;;   L0:
;;     add.uw a1, a0, a5
;;     lhu a1, -8(a1)
;;     addw a2, a2, a1
;;     bne a3, a0, L1
;;     li a0, 7
;;     ret
;;   L1:
;;     addiw a0, a0, 1
;;     bne a0, a4, L0
;;     mv a0, a2
;;     ret
