;;! test: run, best
;;! target: x64, x64+avx+bmi1+bmi2
;; Rules that the gear best has beyond those of quick.
(module
  (memory 1)
  (data (i32.const 8) "\00\00\00\00\00\00\f8\3f\00\00\20\41")
  ;; The operation reads memory itself; of what does not commute the second operand alone.
  (func (export "product") (param f64 i32) (result f64) (f64.mul (local.get 0) (f64.load (local.get 1))))
  (func (export "swapped") (param f32 i32) (result f32) (f32.add (f32.load offset=4 (local.get 1)) (local.get 0)))
  (func (export "difference") (param f64 i32) (result f64) (f64.sub (f64.load (local.get 1)) (local.get 0)))
  (func (export "less") (param f64 i32) (result f64) (f64.sub (local.get 0) (f64.load (local.get 1))))
  (func (export "quotient") (param f32 i32) (result f32) (f32.div (local.get 0) (f32.load (local.get 1))))
  (func (export "kept") (param f64 i32) (result f64)
    (f64.add (local.get 0) (f64.mul (local.get 0) (f64.load offset=8 (local.get 1)))))
  ;; Not past a store.
  (func (export "stored") (param f64 i32) (result f64) (local f64)
    (local.set 2 (f64.load (local.get 1)))
    (f64.store (local.get 1) (local.get 0))
    (f64.add (local.get 0) (local.get 2)))
  (func (export "but_not") (param i32 i32) (result i32)
    (i32.and (i32.xor (local.get 0) (i32.const -1)) (local.get 1)))
  (func (export "turned") (param i64) (result i64)
    (i64.xor (i64.rotl (local.get 0) (i64.const 7)) (local.get 0))))
;;! run: product(2, 8) = 3
;;! run: difference(1, 8) = 0.5
;;! run: less(1, 8) = -0.5
;;! run: quotient(5, 16) = 0.5
;;! run: kept(2, 0) = 5
;;! run: swapped(1, 12) = 11
;;! run: but_not(12, 10) = 2
;;! run: turned(3) = 387
;;= best-x64    rules: alu_plain, xor_inverts, shift_immediate, arithmetic_load, arithmetic, load, store, return_
;;   function 0
;;     mulsd xmm0, qword ptr gs:[rdi]
;;     ret
;;   function 1
;;     addss xmm0, dword ptr gs:[rdi + 4]
;;     ret
;;   function 2
;;     movaps xmm1, xmm0
;;     movsd xmm0, qword ptr gs:[rdi]
;;     subsd xmm0, xmm1
;;     ret
;;   function 3
;;     subsd xmm0, qword ptr gs:[rdi]
;;     ret
;;   function 4
;;     divss xmm0, dword ptr gs:[rdi]
;;     ret
;;   function 5
;;     movaps xmm1, xmm0
;;     mulsd xmm1, qword ptr gs:[rdi + 8]
;;     addsd xmm0, xmm1
;;     ret
;;   function 6
;;     movsd xmm1, qword ptr gs:[rdi]
;;     movsd qword ptr gs:[rdi], xmm0
;;     addsd xmm0, xmm1
;;     ret
;;   function 7
;;     not edi
;;     and esi, edi
;;     mov rax, rsi
;;     ret
;;   function 8
;;     mov rax, rdi
;;     mov rdi, rax
;;     rol rdi, 7
;;     xor rdi, rax
;;     mov rax, rdi
;;     ret
;;= best-x64+avx+bmi1+bmi2    rules: and_inverted, alu_plain, rotate_copy, arithmetic_load, arithmetic, load, store, return_
;;   function 0
;;     mulsd xmm0, qword ptr gs:[rdi]
;;     ret
;;   function 1
;;     addss xmm0, dword ptr gs:[rdi + 4]
;;     ret
;;   function 2
;;     movaps xmm1, xmm0
;;     movsd xmm0, qword ptr gs:[rdi]
;;     subsd xmm0, xmm1
;;     ret
;;   function 3
;;     subsd xmm0, qword ptr gs:[rdi]
;;     ret
;;   function 4
;;     divss xmm0, dword ptr gs:[rdi]
;;     ret
;;   function 5
;;     vmulsd xmm1, xmm0, qword ptr gs:[rdi + 8]
;;     addsd xmm0, xmm1
;;     ret
;;   function 6
;;     movsd xmm1, qword ptr gs:[rdi]
;;     movsd qword ptr gs:[rdi], xmm0
;;     addsd xmm0, xmm1
;;     ret
;;   function 7
;;     andn eax, edi, esi
;;     ret
;;   function 8
;;     rorx rax, rdi, 57
;;     xor rax, rdi
;;     ret
