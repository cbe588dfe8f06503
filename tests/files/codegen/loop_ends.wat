;;! test: run, best
;;! target: x64, riscv64
;; What ends a loop, in the gear best: the flags of a sum are its test, and what the back edge moves is moved before
;; the branch if the way out moves something as well.
(module
  (memory 1)
  ;; add sets the flags that a test of the sum would set.
  (func (export "count") (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.xor (local.get $sum) (local.get $n)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  ;; But not all of them: a sum that overflows is not less than zero where its sign says so.
  (func (export "sign") (param $x i32) (param $y i32) (result i32)
    (if (result i32) (i32.lt_s (i32.add (local.get $x) (local.get $y)) (i32.const 0))
      (then (i32.const 1)) (else (i32.const 2))))
  ;; $last is read behind the sum that replaces it, so that they have two registers.
  (func (export "pairs") (param $n i32) (result i32) (local $last i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get $last) (i32.add (local.get $last) (i32.const 1)))))
      (i32.store (local.get $last) (local.get $sum))
      (br_if $next (i32.ne (local.tee $last (i32.add (local.get $last) (i32.const 1))) (local.get $n))))
    (i32.add (local.get $sum) (local.get $last))))
;;! run: count(5) = 1
;;! run: sign(2147483647, 1) = 1
;;! run: sign(-2147483648, -1) = 2
;;! run: pairs(3) = 11
;;= best-x64    rules: alu_immediate, alu_plain, mul_plain, store, jump, branch, return_
;;   function 0
;;     mov eax, 0
;;   L0:
;;     xor eax, edi
;;     add edi, -1
;;     jne L0
;;     ret
;;   function 1
;;     add edi, esi
;;     test edi, edi
;;     jge L0
;;     mov eax, 1
;;     jmp L1
;;   L0:
;;     mov eax, 2
;;   L1:
;;     ret
;;   function 2
;;     mov edx, 0
;;     mov eax, 0
;;   L0:
;;     lea ecx, [rax + 1]
;;     mov rsi, rax
;;     imul esi, ecx
;;     add edx, esi
;;     mov dword ptr gs:[rax], edx
;;     mov rax, rcx
;;     cmp edi, ecx
;;     jne L0
;;     add ecx, edx
;;     mov rax, rcx
;;     ret
;;= best-riscv64    rules: add_immediate, plain_low, plain, store, jump, branch, return_
;;   function 0
;;     li a1, 0
;;   L0:
;;     xor a1, a1, a0
;;     addiw a0, a0, -1
;;     bnez a0, L0
;;     mv a0, a1
;;     ret
;;   function 1
;;     addw a0, a0, a1
;;     bgez a0, L0
;;     li a0, 1
;;     j L1
;;   L0:
;;     li a0, 2
;;   L1:
;;     ret
;;   function 2
;;     mv a4, a0
;;     li a2, 0
;;     li a0, 0
;;   L0:
;;     addiw a3, a0, 1
;;     mulw a1, a0, a3
;;     addw a2, a2, a1
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     sw a2, 0(a0)
;;     mv a0, a3
;;     bne a4, a3, L0
;;     addw a0, a3, a2
;;     ret
