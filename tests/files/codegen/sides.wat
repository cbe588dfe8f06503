;;! test: run, best
;;! target: riscv64+zba+zbb+zbs, riscv64
;; A machine without conditional moves branches: in a loop what is computed for one side of a selection alone is computed
;; there, and selections by one condition are one branch. The lesser of two is an instruction. Others are moves that a
;; branch skips.
(module
  (func (export "collatz") (param $x i64) (result i64) (local $steps i64)
    (loop $again
      (local.set $x (select
        (i64.add (i64.mul (local.get $x) (i64.const 3)) (i64.const 1))
        (i64.shr_u (local.get $x) (i64.const 1))
        (i32.wrap_i64 (i64.and (local.get $x) (i64.const 1)))))
      (local.set $steps (i64.add (local.get $steps) (i64.const 1)))
      (br_if $again (i64.ne (local.get $x) (i64.const 1))))
    (local.get $steps))
  ;; The most and where it was; the second selection has a side, the first has none.
  (func (export "peak") (param $n i32) (result i32) (local $x i32) (local $most i32) (local $at i32) (local $above i32)
    (loop $again
      (local.set $x (i32.rem_u (i32.mul (local.get $n) (i32.const 7)) (i32.const 11)))
      (local.set $above (i32.gt_u (local.get $x) (local.get $most)))
      (local.set $at (select (local.get $n) (local.get $at) (local.get $above)))
      (local.set $most (select (i32.xor (i32.xor (local.get $x) (i32.const 5)) (i32.const 5)) (local.get $most) (local.get $above)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (i32.mul (local.get $most) (i32.const 100)) (local.get $at)))
  ;; What both a side and something else read is computed before.
  (func (export "shared") (param $n i32) (result i32) (local $x i32) (local $y i32)
    (loop $again
      (local.set $y (i32.add (local.get $n) (i32.const 3)))
      (local.set $x (i32.add (local.get $y)
        (select (i32.shl (local.get $y) (i32.const 1)) (local.get $x) (i32.lt_s (local.get $x) (i32.const 9)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "lesser") (param i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.lt_s (local.get 0) (local.get 1))))
  (func (export "greater") (param i64 i64) (result i64)
    (select (local.get 0) (local.get 1) (i64.le_u (local.get 1) (local.get 0))))
  (func (export "below") (param i32 i32) (result i32)
    (select (local.get 1) (local.get 0) (i32.gt_u (local.get 0) (local.get 1)))))
;;! run: collatz(6) = 8
;;! run: collatz(27) = 111
;;! run: peak(5) = 1003
;;! run: shared(3) = 27
;;! run: lesser(-1, 1) = -1
;;! run: lesser(2, 1) = 1
;;! run: greater(-1, 1) = -1
;;! run: below(-1, 1) = 1
;;= best-riscv64+zba+zbb+zbs    rules: add_immediate, plain_low, mul_shifted, plain, bitwise_immediate, shift_immediate, extend_unsigned, extend_word, select_extreme, jump, branch, return_
;;   function 0
;;     li a3, 1
;;     li a2, 0
;;   L0:
;;     andi a1, a0, 1
;;     sext.w a1, a1
;;     beqz a1, L1
;;     sh1add a0, a0, a0
;;     addi a0, a0, 1
;;     addi a2, a2, 1
;;     bne a0, a3, L0
;;     j L2
;;   L1:
;;     srli a0, a0, 1
;;     addi a2, a2, 1
;;     bne a0, a3, L0
;;   L2:
;;     mv a0, a2
;;     ret
;;   function 1
;;     mv a1, a0
;;     li a5, 11
;;     lui a6, 762601
;;     addiw a6, a6, -1117
;;     zext.w a6, a6
;;     li a7, 7
;;     li a4, 0
;;     li a2, 0
;;   L0:
;;     mulw a3, a1, a7
;;     zext.w a0, a3
;;     mul a0, a0, a6
;;     srli a0, a0, 35
;;     mulw a0, a0, a5
;;     subw a0, a3, a0
;;     bgeu a2, a0, L1
;;     xori a0, a0, 5
;;     xori a2, a0, 5
;;     mv a4, a1
;;   L1:
;;     addiw a1, a1, -1
;;     bnez a1, L0
;;     li a0, 100
;;     mulw a0, a2, a0
;;     addw a0, a0, a4
;;     ret
;;   function 2
;;     mv a1, a0
;;     li a3, 9
;;     li a0, 0
;;   L0:
;;     addiw a2, a1, 3
;;     bge a0, a3, L1
;;     slliw a0, a2, 1
;;   L1:
;;     addw a0, a0, a2
;;     addiw a1, a1, -1
;;     bnez a1, L0
;;     ret
;;   function 3
;;     min a0, a0, a1
;;     ret
;;   function 4
;;     maxu a0, a0, a1
;;     ret
;;   function 5
;;     minu a0, a1, a0
;;     ret
;;= best-riscv64    rules: add_immediate, plain_low, plain, bitwise_immediate, shift_immediate, extend_unsigned, extend_word, select, jump, branch, return_
;;   function 0
;;     li a3, 1
;;     li a4, 3
;;     li a2, 0
;;   L0:
;;     andi a1, a0, 1
;;     sext.w a1, a1
;;     beqz a1, L1
;;     mul a0, a0, a4
;;     addi a0, a0, 1
;;     addi a2, a2, 1
;;     bne a0, a3, L0
;;     j L2
;;   L1:
;;     srli a0, a0, 1
;;     addi a2, a2, 1
;;     bne a0, a3, L0
;;   L2:
;;     mv a0, a2
;;     ret
;;   function 1
;;     mv a1, a0
;;     li a5, 11
;;     lui a6, 186
;;     addiw a6, a6, 745
;;     slli a6, a6, 12
;;     addi a6, a6, -1117
;;     li a7, 7
;;     li a4, 0
;;     li a2, 0
;;   L0:
;;     mulw a3, a1, a7
;;     slli a0, a3, 32
;;     srli a0, a0, 32
;;     mul a0, a0, a6
;;     srli a0, a0, 35
;;     mulw a0, a0, a5
;;     subw a0, a3, a0
;;     bgeu a2, a0, L1
;;     xori a0, a0, 5
;;     xori a2, a0, 5
;;     mv a4, a1
;;   L1:
;;     addiw a1, a1, -1
;;     bnez a1, L0
;;     li a0, 100
;;     mulw a0, a2, a0
;;     addw a0, a0, a4
;;     ret
;;   function 2
;;     mv a1, a0
;;     li a3, 9
;;     li a0, 0
;;   L0:
;;     addiw a2, a1, 3
;;     bge a0, a3, L1
;;     slliw a0, a2, 1
;;   L1:
;;     addw a0, a0, a2
;;     addiw a1, a1, -1
;;     bnez a1, L0
;;     ret
;;   function 3
;;     slt a2, a0, a1
;;     bnez a2, L0
;;     mv a0, a1
;;   L0:
;;     ret
;;   function 4
;;     sltu a2, a0, a1
;;     beqz a2, L0
;;     mv a0, a1
;;   L0:
;;     ret
;;   function 5
;;     sltu a2, a1, a0
;;     bnez a2, L0
;;     mv a1, a0
;;   L0:
;;     mv a0, a1
;;     ret
