;;! test: run, best
;;! target: x64, riscv64
;; Where loops begin on x86-64, in the gear best: a loop that fits in a line of 64 bytes lies in one.
(module
  (memory 1)
  ;; From where the stores end the loop would lie in two lines.
  (func (export "moves") (param $n i32) (result i32)
    (i32.store offset=4 (local.get $n) (i32.const 100000))
    (i32.store offset=8 (local.get $n) (i32.const 100001))
    (i32.store offset=12 (local.get $n) (i32.const 100002))
    (i32.store offset=16 (local.get $n) (i32.const 100003))
    (loop $next
      (i32.store8 (local.get $n) (i32.const 7))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.load offset=4 (i32.const 0)))
  ;; Here the loop ends in the line in which it begins.
  (func (export "stays") (param $n i32) (result i32)
    (loop $next
      (i32.store8 (local.get $n) (i32.const 7))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.load (i32.const 0)))
  ;; And this one has no line that would take it.
  (func (export "long") (param $n i32) (result i32)
    (i32.store offset=4 (local.get $n) (i32.const 100000))
    (i32.store offset=8 (local.get $n) (i32.const 100001))
    (i32.store offset=12 (local.get $n) (i32.const 100002))
    (loop $next
      (i32.store8 (local.get $n) (i32.const 7))
      (i32.store8 offset=1 (local.get $n) (i32.const 6))
      (i32.store8 offset=2 (local.get $n) (i32.const 5))
      (i32.store8 offset=3 (local.get $n) (i32.const 4))
      (i32.store8 offset=4 (local.get $n) (i32.const 3))
      (i32.store8 offset=5 (local.get $n) (i32.const 2))
      (i32.store8 offset=6 (local.get $n) (i32.const 1))
      (i32.store8 offset=7 (local.get $n) (i32.const 2))
      (i32.store8 offset=8 (local.get $n) (i32.const 3))
      (i32.store8 offset=9 (local.get $n) (i32.const 4))
      (i32.store8 offset=10 (local.get $n) (i32.const 5))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.load offset=4 (i32.const 0))))
;;! run: moves(9) = 117901063
;;! run: stays(9) = 117901056
;;! run: long(9) = 16909060
;;= best-x64    rules: alu_immediate, load, store_immediate, jump, branch, return_
;;   function 0
;;     mov dword ptr gs:[rdi + 4], 100000
;;     mov dword ptr gs:[rdi + 8], 100001
;;     mov dword ptr gs:[rdi + 12], 100002
;;     mov dword ptr gs:[rdi + 16], 100003
;;     nop word ptr [rax + rax]
;;     nop dword ptr [rax]
;;   L0:
;;     mov byte ptr gs:[rdi], 7
;;     add edi, -1
;;     jne L0
;;     mov eax, dword ptr gs:[4]
;;     ret
;;   function 1
;;   L0:
;;     mov byte ptr gs:[rdi], 7
;;     add edi, -1
;;     jne L0
;;     mov eax, dword ptr gs:[0]
;;     ret
;;   function 2
;;     mov dword ptr gs:[rdi + 4], 100000
;;     mov dword ptr gs:[rdi + 8], 100001
;;     mov dword ptr gs:[rdi + 12], 100002
;;   L0:
;;     mov byte ptr gs:[rdi], 7
;;     mov byte ptr gs:[rdi + 1], 6
;;     mov byte ptr gs:[rdi + 2], 5
;;     mov byte ptr gs:[rdi + 3], 4
;;     mov byte ptr gs:[rdi + 4], 3
;;     mov byte ptr gs:[rdi + 5], 2
;;     mov byte ptr gs:[rdi + 6], 1
;;     mov byte ptr gs:[rdi + 7], 2
;;     mov byte ptr gs:[rdi + 8], 3
;;     mov byte ptr gs:[rdi + 9], 4
;;     mov byte ptr gs:[rdi + 10], 5
;;     add edi, -1
;;     jne L0
;;     mov eax, dword ptr gs:[4]
;;     ret
;;= best-riscv64    rules: add_immediate, load, store, jump, branch, return_
;;   function 0
;;     lui a1, 24
;;     addiw a1, a1, 1696
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a2, t2, s11
;;     sw a1, 4(a2)
;;     lui a1, 24
;;     addiw a1, a1, 1697
;;     sw a1, 8(a2)
;;     lui a1, 24
;;     addiw a1, a1, 1698
;;     sw a1, 12(a2)
;;     lui a1, 24
;;     addiw a1, a1, 1699
;;     sw a1, 16(a2)
;;     li a2, 7
;;   L0:
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     sb a2, 0(a1)
;;     addiw a0, a0, -1
;;     bnez a0, L0
;;     lw a0, 4(s11)
;;     ret
;;   function 1
;;     li a2, 7
;;   L0:
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     sb a2, 0(a1)
;;     addiw a0, a0, -1
;;     bnez a0, L0
;;     lw a0, 0(s11)
;;     ret
;;   function 2
;;     mv a1, a0
;;     lui a0, 24
;;     addiw a0, a0, 1696
;;     slli t2, a1, 32
;;     srli t2, t2, 32
;;     add a2, t2, s11
;;     sw a0, 4(a2)
;;     lui a0, 24
;;     addiw a0, a0, 1697
;;     sw a0, 8(a2)
;;     lui a0, 24
;;     addiw a0, a0, 1698
;;     sw a0, 12(a2)
;;     li a2, 5
;;     li a3, 4
;;     li a4, 3
;;     li a5, 2
;;     li a6, 1
;;     li a7, 6
;;     li t0, 7
;;   L0:
;;     slli t2, a1, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     sb t0, 0(a0)
;;     sb a7, 1(a0)
;;     sb a2, 2(a0)
;;     sb a3, 3(a0)
;;     sb a4, 4(a0)
;;     sb a5, 5(a0)
;;     sb a6, 6(a0)
;;     sb a5, 7(a0)
;;     sb a4, 8(a0)
;;     sb a3, 9(a0)
;;     sb a2, 10(a0)
;;     addiw a1, a1, -1
;;     bnez a1, L0
;;     lw a0, 4(s11)
;;     ret
