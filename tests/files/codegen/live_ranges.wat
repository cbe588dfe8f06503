;;! test: run, best
;;! target: x64, riscv64
;; Live ranges that are split: around a call, around a loop, and a loop's counter that stays in its register.
(module
  (memory 1)
  (global $g (mut i32) (i32.const 0))
  (func $double (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
  ;; The counter and the sum are handed over on the back edge without a move.
  (func (export "sum") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  ;; Floats are nowhere but in the frame during the call, and in registers before and after it.
  (func (export "around_a_call") (param $x f64) (param $y f64) (result f64) (local $p f64)
    (local.set $p (f64.sub (f64.mul (local.get $x) (local.get $y)) (f64.mul (local.get $x) (local.get $x))))
    (global.set $g (call $double (global.get $g)))
    (f64.add (f64.mul (local.get $p) (f64.sub (local.get $x) (local.get $p)))
             (f64.mul (local.get $x) (f64.add (local.get $x) (local.get $p)))))
  ;; Before the loop there are calls; in it x and y are in registers.
  (func (export "around_a_loop") (param $x f64) (param $n i32) (result f64) (local $y f64)
    (global.set $g (call $double (local.get $n)))
    (global.set $g (i32.add (global.get $g) (call $double (local.get $n))))
    (loop $next
      (local.set $y (f64.add (f64.mul (local.get $y) (local.get $x)) (local.get $x)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.set $g (call $double (global.get $g)))
    (f64.add (local.get $x) (local.get $y)))
  (data (i32.const 0) "\01\02\03\04"))
;;! run: sum(4) = 10
;;! run: around_a_call(3, 5) = 9
;;! run: around_a_loop(2, 3) = 16
;;= best-x64    rules: alu_immediate, alu_plain, shift_immediate, arithmetic, load, global_get, global_set, call, jump, branch, return_
;;   function 0
;;     shl edi
;;     mov rax, rdi
;;     ret
;;   function 1
;;     mov ecx, 0
;;     mov eax, 0
;;   L0:
;;     movzx edx, byte ptr gs:[rax]
;;     add ecx, edx
;;     add eax, 1
;;     cmp edi, eax
;;     ja L0
;;     mov rax, rcx
;;     ret
;;   function 2
;;     mulsd xmm1, xmm0
;;     movaps xmm2, xmm0
;;     mulsd xmm2, xmm0
;;     movsd qword ptr [rbp - 8], xmm0
;;     movaps xmm15, xmm1
;;     subsd xmm15, xmm2
;;     movsd qword ptr [rbp - 16], xmm15
;;     mov edi, dword ptr [r14 + global0]
;;     call function0
;;     mov dword ptr [r14 + global0], eax
;;     movsd xmm2, qword ptr [rbp - 8]
;;     movsd xmm1, qword ptr [rbp - 16]
;;     movaps xmm0, xmm2
;;     subsd xmm0, xmm1
;;     mulsd xmm0, xmm1
;;     addsd xmm1, xmm2
;;     mulsd xmm2, xmm1
;;     addsd xmm0, xmm2
;;     ret
;;   function 3
;;     mov qword ptr [rbp - 8], rbx
;;     mov qword ptr [rbp - 16], r12
;;     mov rbx, rdi
;;     movsd qword ptr [rbp - 24], xmm0
;;     mov rdi, rbx
;;     call function0
;;     mov r12, rax
;;     mov dword ptr [r14 + global0], r12d
;;     mov rdi, rbx
;;     call function0
;;     add eax, r12d
;;     mov dword ptr [r14 + global0], eax
;;     movsd xmm1, qword ptr [rbp - 24]
;;     xorps xmm0, xmm0
;;   L0:
;;     mulsd xmm0, xmm1
;;     addsd xmm0, xmm1
;;     add ebx, -1
;;     jne L0
;;     movsd qword ptr [rbp - 32], xmm0
;;     mov rdi, rax
;;     call function0
;;     mov dword ptr [r14 + global0], eax
;;     movsd xmm0, qword ptr [rbp - 24]
;;     addsd xmm0, qword ptr [rbp - 32]
;;     mov rbx, qword ptr [rbp - 8]
;;     mov r12, qword ptr [rbp - 16]
;;     ret
;;= best-riscv64    rules: add_immediate, plain_low, shift_immediate, arithmetic, load, global_get, global_set, call, jump, branch, return_
;;   function 0
;;     slliw a0, a0, 1
;;     ret
;;   function 1
;;     mv a3, a0
;;     li a1, 0
;;     li a0, 0
;;   L0:
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a2, t2, s11
;;     lbu a2, 0(a2)
;;     addw a1, a1, a2
;;     addiw a0, a0, 1
;;     bltu a0, a3, L0
;;     mv a0, a1
;;     ret
;;   function 2
;;     fmv.d fa2, fa0
;;     fmul.d fa1, fa2, fa1, rne
;;     fmul.d fa0, fa2, fa2, rne
;;     fsd fa2, 8(sp)
;;     fsub.d ft11, fa1, fa0, rne
;;     fsd ft11, 0(sp)
;;     lw a0, global0(s1)
;;     auipc ra, function0
;;     jalr ra
;;     sw a0, global0(s1)
;;     fld fa2, 8(sp)
;;     fld fa1, 0(sp)
;;     fsub.d fa0, fa2, fa1, rne
;;     fmul.d fa3, fa1, fa0, rne
;;     fadd.d fa0, fa2, fa1, rne
;;     fmul.d fa0, fa2, fa0, rne
;;     fadd.d fa0, fa3, fa0, rne
;;     ret
;;   function 3
;;     sd s2, 24(sp)
;;     sd s3, 16(sp)
;;     mv s2, a0
;;     fsd fa0, 8(sp)
;;     mv a0, s2
;;     auipc ra, function0
;;     jalr ra
;;     mv s3, a0
;;     sw s3, global0(s1)
;;     mv a0, s2
;;     auipc ra, function0
;;     jalr ra
;;     addw a0, s3, a0
;;     sw a0, global0(s1)
;;     fld fa1, 8(sp)
;;     fmv.d.x fa0, zero
;;   L0:
;;     fmul.d fa0, fa1, fa0, rne
;;     fadd.d fa0, fa1, fa0, rne
;;     addiw s2, s2, -1
;;     bnez s2, L0
;;     fsd fa0, 0(sp)
;;     auipc ra, function0
;;     jalr ra
;;     sw a0, global0(s1)
;;     fld ft11, 8(sp)
;;     fld ft10, 0(sp)
;;     fadd.d fa0, ft11, ft10, rne
;;     ld s2, 24(sp)
;;     ld s3, 16(sp)
;;     ret
