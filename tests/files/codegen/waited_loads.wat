;;! test: run, best
;;! target: x64, riscv64
;; On x86-64 the address of memory 0 is that of GS, and a load over it takes a cycle more than one over a register. In the
;; gear best a loop that waits for it reads over a register, if there is one that nobody else wants.
(module
  (memory 1)
  (data (i32.const 4) "\08\00\00\00\0c\00\00\00")
  (func $nothing)
  ;; What is loaded is the next address.
  (func (export "follows") (param $p i32) (result i32) (local $count i32)
    (loop $next
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $next (local.tee $p (i32.load (local.get $p)))))
    (local.get $count))
  ;; The next address is known before anything is loaded.
  (func (export "counts") (param $p i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
      (br_if $next (local.tee $p (i32.sub (local.get $p) (i32.const 4)))))
    (local.get $sum))
  ;; Over a call no register would be left to it.
  (func (export "calls") (param $p i32) (result i32) (local $count i32)
    (loop $next
      (call $nothing)
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $next (local.tee $p (i32.load (local.get $p)))))
    (local.get $count))
  ;; All registers are taken by what has no other way.
  (func (export "crowded") (param $p i32) (result i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32) (local $f i32) (local $g i32)
    (local $h i32) (local $i i32) (local $j i32) (local $k i32) (local $l i32)
    (local.set $a (local.get $p))
    (loop $next
      (local.set $a (i32.add (local.get $a) (local.get $b)))
      (local.set $b (i32.xor (local.get $b) (local.get $c)))
      (local.set $c (i32.add (local.get $c) (local.get $d)))
      (local.set $d (i32.xor (local.get $d) (local.get $e)))
      (local.set $e (i32.add (local.get $e) (local.get $f)))
      (local.set $f (i32.xor (local.get $f) (local.get $g)))
      (local.set $g (i32.add (local.get $g) (local.get $h)))
      (local.set $h (i32.xor (local.get $h) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (local.get $j)))
      (local.set $j (i32.xor (local.get $j) (local.get $k)))
      (local.set $k (i32.add (local.get $k) (local.get $l)))
      (local.set $l (i32.xor (local.get $l) (local.get $a)))
      (br_if $next (local.tee $p (i32.load (local.get $p)))))
    (i32.add (local.get $a) (i32.add (local.get $f) (local.get $l)))))
;;! run: follows(4) = 3
;;! run: counts(8) = 20
;;! run: calls(4) = 3
;;! run: crowded(4) = 8
;;= best-x64    rules: alu_immediate, alu_load, alu_plain, load, call, jump, branch, return_
;;   function 0
;;     ret
;;   function 1
;;     mov rcx, qword ptr [r14 + memory0.base]
;;     mov eax, 0
;;   L0:
;;     add eax, 1
;;     mov edi, dword ptr [rcx + rdi]
;;     test edi, edi
;;     jne L0
;;     ret
;;   function 2
;;     mov eax, 0
;;   L0:
;;     add eax, dword ptr gs:[rdi]
;;     add edi, -4
;;     jne L0
;;     ret
;;   function 3
;;     mov qword ptr [rbp - 8], rbx
;;     mov qword ptr [rbp - 16], r12
;;     mov rbx, rdi
;;     mov r12d, 0
;;   L0:
;;     call function0
;;     add r12d, 1
;;     mov ebx, dword ptr gs:[rbx]
;;     test ebx, ebx
;;     jne L0
;;     mov rax, r12
;;     mov rbx, qword ptr [rbp - 8]
;;     mov r12, qword ptr [rbp - 16]
;;     ret
;;   function 4
;;     mov qword ptr [rbp - 8], rbx
;;     mov qword ptr [rbp - 16], r12
;;     mov qword ptr [rbp - 24], r13
;;     mov qword ptr [rbp - 32], r15
;;     mov rax, rdi
;;     mov rcx, qword ptr [r14 + memory0.base]
;;     mov r15d, 0
;;     mov r13d, 0
;;     mov r12d, 0
;;     mov r9d, 0
;;     mov r8d, 0
;;     mov rdi, rax
;;     mov esi, 0
;;     mov ebx, 0
;;     mov edx, 0
;;     mov qword ptr [rbp - 40], rcx
;;     mov ecx, 0
;;     mov qword ptr [rbp - 48], 0
;;     mov qword ptr [rbp - 56], 0
;;   L0:
;;     add eax, edx
;;     xor edx, esi
;;     add esi, r8d
;;     xor r8d, r9d
;;     add r9d, ecx
;;     xor ecx, ebx
;;     add ebx, r12d
;;     xor r12d, r13d
;;     add r13d, r15d
;;     xor r15d, dword ptr [rbp - 48]
;;     mov r11, qword ptr [rbp - 48]
;;     add r11d, dword ptr [rbp - 56]
;;     mov qword ptr [rbp - 48], r11
;;     mov r11, qword ptr [rbp - 56]
;;     xor r11d, eax
;;     mov qword ptr [rbp - 56], r11
;;     mov edi, dword ptr gs:[rdi]
;;     test edi, edi
;;     jne L0
;;     mov rdx, qword ptr [rbp - 56]
;;     add ecx, edx
;;     add ecx, eax
;;     mov rax, rcx
;;     mov rbx, qword ptr [rbp - 8]
;;     mov r12, qword ptr [rbp - 16]
;;     mov r13, qword ptr [rbp - 24]
;;     mov r15, qword ptr [rbp - 32]
;;     ret
;;= best-riscv64    rules: add_immediate, plain_low, plain, load, call, jump, branch, return_
;;   function 0
;;     ret
;;   function 1
;;     li a1, 0
;;   L0:
;;     addiw a1, a1, 1
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a0, 0(a0)
;;     bnez a0, L0
;;     mv a0, a1
;;     ret
;;   function 2
;;     li a1, 0
;;   L0:
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a2, t2, s11
;;     lw a2, 0(a2)
;;     addw a1, a1, a2
;;     addiw a0, a0, -4
;;     bnez a0, L0
;;     mv a0, a1
;;     ret
;;   function 3
;;     sd s2, 8(sp)
;;     sd s3, 0(sp)
;;     mv s2, a0
;;     li s3, 0
;;   L0:
;;     auipc ra, function0
;;     jalr ra
;;     addiw s3, s3, 1
;;     slli t2, s2, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw s2, 0(a0)
;;     bnez s2, L0
;;     mv a0, s3
;;     ld s2, 8(sp)
;;     ld s3, 0(sp)
;;     ret
;;   function 4
;;     sd s2, 8(sp)
;;     mv a1, a0
;;     li t5, 0
;;     li t4, 0
;;     li t3, 0
;;     li s2, 0
;;     li a7, 0
;;     li a6, 0
;;     li a5, 0
;;     li a4, 0
;;     li a3, 0
;;     li a2, 0
;;     mv a0, a1
;;     li t0, 0
;;   L0:
;;     addw a1, a1, a2
;;     xor a2, a2, a3
;;     addw a3, a3, a4
;;     xor a4, a4, a5
;;     addw a5, a5, t5
;;     xor t5, t5, a6
;;     addw a6, a6, a7
;;     xor a7, a7, t0
;;     addw t0, t0, t3
;;     xor t3, t3, t4
;;     addw t4, t4, s2
;;     xor s2, s2, a1
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a0, 0(a0)
;;     bnez a0, L0
;;     addw a0, t5, s2
;;     addw a0, a0, a1
;;     ld s2, 8(sp)
;;     ret
