;;! test: run, codegen
;;! target: x64, riscv64, riscv64+zba+zbb+zbs
;; Floats: where the machine's instructions differ from WebAssembly's, in NaN, in rounding and in conversions.
(module
  (func (export "arithmetic") (param f64 f64) (result f64)
    (f64.sqrt (f64.add (f64.mul (local.get 0) (local.get 0)) (f64.neg (local.get 1)))))
  (func (export "constants") (param f64) (result f64) (f64.mul (f64.add (local.get 0) (f64.const 0.1)) (f64.const 2)))
  (func (export "least") (param f32 f32) (result f32) (f32.min (local.get 0) (local.get 1)))
  (func (export "sign") (param f64 f64) (result f64) (f64.copysign (f64.abs (local.get 0)) (f64.neg (local.get 1))))
  (func (export "round") (param f64) (result f64) (f64.nearest (local.get 0)))
  (func (export "compare") (param f64 f64) (result i32)
    (if (f64.gt (local.get 0) (local.get 1)) (then (return (i32.const 5))))
    (f64.ne (local.get 0) (local.get 1)))
  (func (export "truncate") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "saturate") (param f32) (result i64) (i64.trunc_sat_f32_u (local.get 0)))
  (func (export "convert") (param i32 i64) (result f64)
    (f64.add (f64.convert_i32_u (local.get 0)) (f64.convert_i64_u (local.get 1))))
  (func (export "bits") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0))))
;;! run: arithmetic(5, -11) = 6
;;! run: constants(0.4) = 1
;;! run: least(0, -0) = -0
;;! run: sign(-2, 3) = -2
;;! run: round(2.5) = 2
;;! run: compare(nan, 1) = 1
;;! run: compare(2, 1) = 5
;;! run: truncate(2147483647.9) = 2147483647
;;! run: truncate(2147483648) = trap: integer overflow
;;! run: truncate(nan) = trap: invalid conversion to integer
;;! run: saturate(1e30) = -1
;;! run: saturate(-1) = 0
;;! run: convert(-1, -1) = 1.8446744078004518e+19
;;! run: bits(-0) = -2147483648
;;= x64    rules: compare, arithmetic, min_max, copysign, sign_bit, round, unary, truncate, convert, reinterpret, branch, return_
;;   function 0
;;     movaps xmm2, xmm0
;;     mulsd xmm2, xmm0
;;     xorps xmm1, xmmword ptr [rip + 18]
;;     addsd xmm2, xmm1
;;     xorps xmm0, xmm0
;;     sqrtsd xmm0, xmm2
;;     ret
;;   function 1
;;     movsd xmm1, qword ptr [rip + 24]
;;     addsd xmm0, xmm1
;;     movsd xmm1, qword ptr [rip + 20]
;;     mulsd xmm0, xmm1
;;     ret
;;   function 2
;;     movaps xmm2, xmm0
;;     ucomiss xmm2, xmm1
;;     jp L0
;;     jne L1
;;     orps xmm2, xmm1
;;     jmp L2
;;   L0:
;;     addss xmm2, xmm1
;;     jmp L2
;;   L1:
;;     minss xmm2, xmm1
;;   L2:
;;     movaps xmm0, xmm2
;;     ret
;;   function 3
;;     andps xmm0, xmmword ptr [rip + 41]
;;     xorps xmm1, xmmword ptr [rip + 50]
;;     movaps xmm2, xmm1
;;     andps xmm2, xmmword ptr [rip + 40]
;;     movaps xmm14, xmm0
;;     andps xmm14, xmmword ptr [rip + 12]
;;     orps xmm2, xmm14
;;     movaps xmm0, xmm2
;;     ret
;;   function 4
;;     roundsd xmm0, xmm0, 8
;;     ret
;;   function 5
;;     ucomisd xmm0, xmm1
;;     jbe L0
;;     mov eax, 5
;;     ret
;;   L0:
;;     ucomisd xmm0, xmm1
;;     setp r11b
;;     setne al
;;     or al, r11b
;;     movzx eax, al
;;     ret
;;   function 6
;;     cvttsd2si rax, xmm0
;;     movsxd r10, eax
;;     cmp r10, rax
;;     je L0
;;     ucomisd xmm0, xmm0
;;     jp L1
;;     jmp L2
;;   L0:
;;     mov eax, eax
;;     ret
;;   L1:
;;     ud2
;;   L2:
;;     ud2
;;   function 7
;;     ucomiss xmm0, dword ptr [rip + 69]
;;     jae L0
;;     cvttss2si rax, xmm0
;;     test rax, rax
;;     jns L1
;;     xor eax, eax
;;     jmp L1
;;   L0:
;;     movaps xmm15, xmm0
;;     subss xmm15, dword ptr [rip + 29]
;;     cvttss2si rax, xmm15
;;     btc rax, 63
;;     test rax, rax
;;     js L1
;;     mov rax, -1
;;   L1:
;;     ret
;;   function 8
;;     xorps xmm0, xmm0
;;     cvtsi2sd xmm0, rdi
;;     xorps xmm1, xmm1
;;     test rsi, rsi
;;     js L0
;;     cvtsi2sd xmm1, rsi
;;     jmp L1
;;   L0:
;;     mov r11, rsi
;;     mov r10, rsi
;;     shr r11
;;     and r10d, 1
;;     or r11, r10
;;     cvtsi2sd xmm1, r11
;;     addsd xmm1, xmm1
;;   L1:
;;     addsd xmm0, xmm1
;;     ret
;;   function 9
;;     movd eax, xmm0
;;     ret
;;= riscv64    rules: float_compare, arithmetic, min_max, copysign_negated, sign_bit, round, unary, truncate, convert, reinterpret, branch, return_
;;   function 0
;;     fmul.d fa0, fa0, fa0, rne
;;     fneg.d fa1, fa1
;;     fadd.d fa0, fa0, fa1, rne
;;     fsqrt.d fa0, fa0, rne
;;     ret
;;   function 1
;;     auipc t6, 0
;;     fld fa1, 32(t6)
;;     fadd.d fa0, fa0, fa1, rne
;;     li t6, 1
;;     slli t6, t6, 62
;;     fmv.d.x fa1, t6
;;     fmul.d fa0, fa0, fa1, rne
;;     ret
;;   function 2
;;     feq.s t1, fa0, fa0
;;     feq.s t2, fa1, fa1
;;     and t1, t1, t2
;;     bnez t1, L0
;;     fadd.s fa0, fa0, fa1, rne
;;     j L1
;;   L0:
;;     fmin.s fa0, fa0, fa1
;;   L1:
;;     ret
;;   function 3
;;     fabs.d fa0, fa0
;;     fsgnjn.d fa0, fa0, fa1
;;     ret
;;   function 4
;;     fmin.d fa1, fa0, fa0
;;     fmv.x.d t1, fa0
;;     slli t1, t1, 1
;;     srli t1, t1, 53
;;     li t2, 1075
;;     bgeu t1, t2, L0
;;     fcvt.l.d t1, fa0, rne
;;     fcvt.d.l fa1, t1, rne
;;     fsgnj.d fa1, fa1, fa0
;;   L0:
;;     fmv.d fa0, fa1
;;     ret
;;   function 5
;;     flt.d a0, fa1, fa0
;;     beqz a0, L0
;;     li a0, 5
;;     ret
;;   L0:
;;     feq.d a0, fa0, fa1
;;     xori a0, a0, 1
;;     ret
;;   function 6
;;     fcvt.l.d a0, fa0, rtz
;;     sext.w t1, a0
;;     bne t1, a0, L0
;;     ret
;;   L0:
;;     feq.d t1, fa0, fa0
;;     bnez t1, L1
;;     unimp
;;   L1:
;;     unimp
;;   function 7
;;     fcvt.lu.s a0, fa0, rtz
;;     feq.s t1, fa0, fa0
;;     neg t1, t1
;;     and a0, a0, t1
;;     ret
;;   function 8
;;     fcvt.d.wu fa0, a0
;;     fcvt.d.lu fa1, a1, rne
;;     fadd.d fa0, fa0, fa1, rne
;;     ret
;;   function 9
;;     fmv.x.w a0, fa0
;;     ret
;;= riscv64+zba+zbb+zbs    rules: float_compare, arithmetic, min_max, copysign_negated, sign_bit, round, unary, truncate, convert, reinterpret, branch, return_
;;   function 0
;;     fmul.d fa0, fa0, fa0, rne
;;     fneg.d fa1, fa1
;;     fadd.d fa0, fa0, fa1, rne
;;     fsqrt.d fa0, fa0, rne
;;     ret
;;   function 1
;;     auipc t6, 0
;;     fld fa1, 32(t6)
;;     fadd.d fa0, fa0, fa1, rne
;;     bseti t6, zero, 62
;;     fmv.d.x fa1, t6
;;     fmul.d fa0, fa0, fa1, rne
;;     ret
;;   function 2
;;     feq.s t1, fa0, fa0
;;     feq.s t2, fa1, fa1
;;     and t1, t1, t2
;;     bnez t1, L0
;;     fadd.s fa0, fa0, fa1, rne
;;     j L1
;;   L0:
;;     fmin.s fa0, fa0, fa1
;;   L1:
;;     ret
;;   function 3
;;     fabs.d fa0, fa0
;;     fsgnjn.d fa0, fa0, fa1
;;     ret
;;   function 4
;;     fmin.d fa1, fa0, fa0
;;     fmv.x.d t1, fa0
;;     slli t1, t1, 1
;;     srli t1, t1, 53
;;     li t2, 1075
;;     bgeu t1, t2, L0
;;     fcvt.l.d t1, fa0, rne
;;     fcvt.d.l fa1, t1, rne
;;     fsgnj.d fa1, fa1, fa0
;;   L0:
;;     fmv.d fa0, fa1
;;     ret
;;   function 5
;;     flt.d a0, fa1, fa0
;;     beqz a0, L0
;;     li a0, 5
;;     ret
;;   L0:
;;     feq.d a0, fa0, fa1
;;     xori a0, a0, 1
;;     ret
;;   function 6
;;     fcvt.l.d a0, fa0, rtz
;;     sext.w t1, a0
;;     bne t1, a0, L0
;;     ret
;;   L0:
;;     feq.d t1, fa0, fa0
;;     bnez t1, L1
;;     unimp
;;   L1:
;;     unimp
;;   function 7
;;     fcvt.lu.s a0, fa0, rtz
;;     feq.s t1, fa0, fa0
;;     neg t1, t1
;;     and a0, a0, t1
;;     ret
;;   function 8
;;     fcvt.d.wu fa0, a0
;;     fcvt.d.lu fa1, a1, rne
;;     fadd.d fa0, fa0, fa1, rne
;;     ret
;;   function 9
;;     fmv.x.w a0, fa0
;;     ret
