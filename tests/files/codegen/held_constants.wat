;;! test: run, best
;;! target: riscv64+zba+zbb+zbs
;; What a loop would make in each of its rounds is made where it is entered: integers that are no immediate, masks,
;; floats, high parts of offsets. What is an immediate stays one, and so does what a function without loops needs.
(module
  (memory 1)
  (func (export "integers") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 0x19660d)) (i32.const 0x3c6ef35f)))
      (local.set $x (i32.xor (local.get $x) (i32.and (local.get $x) (i32.const 0xfffff))))
      (br_if $again (i32.ne (i32.const 100) (local.tee $n (i32.add (local.get $n) (i32.const 1))))))
    (local.get $x))
  (func (export "floats") (param $n i32) (result f64) (local $x f64)
    (loop $again
      (local.set $x (f64.add (f64.mul (local.get $x) (f64.const 0.5)) (f64.const 3)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  ;; Both loops are entered from where the outer one is.
  (func (export "nested") (param $n i32) (result i32) (local $i i32) (local $x i32)
    (loop $outer
      (local.set $i (i32.const 9000))
      (loop $inner
        (local.set $x (i32.add (local.get $x) (i32.load offset=40000 (local.get $i))))
        (local.set $x (i32.xor (local.get $x) (i32.const 0x12345)))
        (br_if $inner (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 10000))))
      (local.set $x (i32.add (local.get $x) (i32.const 0x12345)))
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "straight") (param $x i32) (result i32)
    (i32.xor (i32.mul (local.get $x) (i32.const 0x19660d)) (i32.const 0x19660d))))
;;! run: integers(0) = 1484783616
;;! run: floats(3) = 5.25
;;! run: nested(2) = 149130
;;! run: straight(1) = 0
;;= best-riscv64+zba+zbb+zbs    rules: add_immediate, plain_low, plain, arithmetic, load, jump, branch, return_
;;   function 0
;;     mv a1, a0
;;     li a3, 100
;;     lui a4, 256
;;     addiw a4, a4, -1
;;     lui a5, 247535
;;     addiw a5, a5, 863
;;     lui a6, 406
;;     addiw a6, a6, 1549
;;     li a0, 0
;;   L0:
;;     mulw a0, a0, a6
;;     addw a0, a0, a5
;;     and a2, a0, a4
;;     xor a0, a0, a2
;;     addiw a1, a1, 1
;;     bne a1, a3, L0
;;     ret
;;   function 1
;;     auipc t6, 0
;;     fld fa1, 44(t6)
;;     li t6, 511
;;     slli t6, t6, 53
;;     fmv.d.x fa2, t6
;;     fmv.d.x fa0, zero
;;   L0:
;;     fmul.d fa0, fa0, fa2, rne
;;     fadd.d fa0, fa0, fa1, rne
;;     addiw a0, a0, -1
;;     bnez a0, L0
;;     ret
;;   function 2
;;     mv a6, a0
;;     lui a3, 18
;;     addiw a3, a3, 837
;;     lui a4, 2
;;     addiw a4, a4, 1808
;;     lui a0, 10
;;     add a5, a0, s11
;;     li a1, 0
;;   L0:
;;     lui a0, 2
;;     addiw a0, a0, 808
;;   L1:
;;     add.uw a2, a0, a5
;;     lw a2, -960(a2)
;;     addw a1, a1, a2
;;     xor a1, a1, a3
;;     addiw a0, a0, 4
;;     bne a0, a4, L1
;;     addw a1, a1, a3
;;     addiw a6, a6, -1
;;     bnez a6, L0
;;     mv a0, a1
;;     ret
;;   function 3
;;     mv a1, a0
;;     lui a0, 406
;;     addiw a0, a0, 1549
;;     mulw a1, a1, a0
;;     lui a0, 406
;;     addiw a0, a0, 1549
;;     xor a0, a0, a1
;;     ret
