;;! test: passes, run
;;! passes: inline,prune
;; Small functions stand in place of calls of them: of one return and of several, of several results, with a loop,
;; within each other; not in themselves, not in place of what returns a call, and no more than the budget allows.
(module
  (memory 1)
  (func $square (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
  (func $clamp (param i32) (result i32)
    (if (i32.gt_s (local.get 0) (i32.const 100)) (then (return (i32.const 100))))
    (call $square (local.get 0)))
  (func $swap (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
  (func (export "twice") (param i32) (result i32)
    (i32.add (call $clamp (local.get 0)) (call $square (i32.const 3))))
  (func (export "swapped") (param i32 i32) (result i32)
    (i32.sub (call $swap (local.get 0) (local.get 1))))
  ;; A call that stays, whose number in the IR is that of the first result above.
  (func $pair (param i32) (result i32 i32)
    (return_call $swap (i32.add (local.get 0) (i32.const 3)) (i32.const 5)))
  (func (export "pair") (param i32) (result i32) (i32.sub (call $pair (local.get 0))))
  (func $count (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br_if 0 (local.tee 0 (i32.shr_u (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "sum") (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (call $count (local.get 0))))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $down (i32.sub (local.get 0) (i32.const 1))))
      (else (i32.const 7))))
  (func $mixed (param i32) (result i32)
    (i32.xor (i32.xor (i32.xor (i32.xor (local.get 0) (i32.const 0x11111111)) (i32.const 0x22222222))
      (i32.const 0x44444444)) (i32.const -0x77777777)))
  (func (export "thrice") (param i32) (result i32) (call $mixed (call $mixed (call $mixed (local.get 0)))))
  (func (export "tail") (param i32) (result i32) (return_call $square (local.get 0))))
;;! run: twice(5) = 34
;;! run: twice(101) = 109
;;! run: swapped(3, 10) = 7
;;! run: pair(10) = -8
;;! run: sum(4) = 8
;;! run: down(5) = 7
;;! run: thrice(0) = 0xfffffffe
;;! run: tail(5) = 25
;;= passes
;;   function 0 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = imul v0, v0
;;     return v1
;;   function 1 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 100
;;     v2: i32 = icmp.gt_s v0, v1
;;     branch v2, block1, block2
;;   block1:
;;     return v1
;;   block2:
;;     v5: i32 = imul v0, v0
;;     return v5
;;   function 2 (i32, i32) -> (i32, i32)
;;   block0(v0: i32, v1: i32):
;;     return v1, v0
;;   function 3 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 100
;;     v2: i32 = icmp.gt_s v0, v1
;;     branch v2, block1, block2
;;   block1:
;;     jump block3(v1)
;;   block2:
;;     v5: i32 = imul v0, v0
;;     jump block3(v5)
;;   block3(v7: i32):
;;     v8: i32 = const 3
;;     v9: i32 = imul v8, v8
;;     v10: i32 = iadd v7, v9
;;     return v10
;;   function 4 (i32, i32) -> (i32)
;;   block0(v0: i32, v1: i32):
;;     v2: i32 = isub v1, v0
;;     return v2
;;   function 5 (i32) -> (i32, i32)
;;   block0(v0: i32):
;;     v1: i32 = const 3
;;     v2: i32 = iadd v0, v1
;;     v3: i32 = const 5
;;     return_call 2(v2, v3)
;;   function 6 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = call 5(v0)
;;     v2: i32 = call_result v1, 1
;;     v3: i32 = isub v1, v2
;;     return v3
;;   function 7 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 0
;;     jump block1(v1, v0)
;;   loop to block2:
;;   block1(v3: i32, v4: i32):
;;     v5: i32 = const 1
;;     v6: i32 = iadd v3, v5
;;     v7: i32 = ishr_u v4, v5
;;     branch v7, block1(v6, v7), block2
;;   block2:
;;     return v6
;;   function 8 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 0
;;     jump block1(v1, v0)
;;   loop to block4:
;;   block1(v3: i32, v4: i32):
;;     v5: i32 = const 0
;;     jump block2(v5, v4)
;;   loop to block3:
;;   block2(v7: i32, v8: i32):
;;     v9: i32 = const 1
;;     v10: i32 = iadd v7, v9
;;     v11: i32 = ishr_u v8, v9
;;     branch v11, block2(v10, v11), block3
;;   block3:
;;     v13: i32 = iadd v3, v10
;;     v14: i32 = const -1
;;     v15: i32 = iadd v4, v14
;;     branch v15, block1(v13, v15), block4
;;   block4:
;;     return v13
;;   function 9 (i32) -> (i32)
;;   block0(v0: i32):
;;     branch v0, block1, block2
;;   block1:
;;     v2: i32 = const -1
;;     v3: i32 = iadd v0, v2
;;     v4: i32 = call 9(v3)
;;     jump block3(v4)
;;   block2:
;;     v6: i32 = const 7
;;     jump block3(v6)
;;   block3(v8: i32):
;;     return v8
;;   function 10 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 286331153
;;     v2: i32 = ixor v0, v1
;;     v3: i32 = const 572662306
;;     v4: i32 = ixor v2, v3
;;     v5: i32 = const 1145324612
;;     v6: i32 = ixor v4, v5
;;     v7: i32 = const -2004318071
;;     v8: i32 = ixor v6, v7
;;     return v8
;;   function 11 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 286331153
;;     v2: i32 = ixor v0, v1
;;     v3: i32 = const 572662306
;;     v4: i32 = ixor v2, v3
;;     v5: i32 = const 1145324612
;;     v6: i32 = ixor v4, v5
;;     v7: i32 = const -2004318071
;;     v8: i32 = ixor v6, v7
;;     v9: i32 = const 286331153
;;     v10: i32 = ixor v8, v9
;;     v11: i32 = const 572662306
;;     v12: i32 = ixor v10, v11
;;     v13: i32 = const 1145324612
;;     v14: i32 = ixor v12, v13
;;     v15: i32 = const -2004318071
;;     v16: i32 = ixor v14, v15
;;     v17: i32 = call 10(v16)
;;     return v17
;;   function 12 (i32) -> (i32)
;;   block0(v0: i32):
;;     return_call 0(v0)
