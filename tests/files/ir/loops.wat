;;! test: ir, run
;; Loops carry the locals that they assign and that are wanted; a loop that nothing branches back to is none.
(module
  (func (export "sum") (param $n i32) (result i32) (local $sum i32) (local $scratch i32)
    (loop $again
      (local.set $scratch (i32.mul (local.get $n) (local.get $n)))
      (local.set $sum (i32.add (local.get $sum) (local.get $scratch)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "nested") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $count i32)
    (block $out
      (loop $outer
        (br_if $out (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $j (i32.const 0))
        (block $done
          (loop $inner
            (br_if $done (i32.ge_u (local.get $j) (local.get $i)))
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (local.set $j (i32.add (local.get $j) (i32.const 1)))
            (br $inner)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $outer)))
    (local.get $count))
  (func (export "once") (param i32) (result i32)
    (loop (result i32) (i32.add (local.get 0) (i32.const 1))))
  ;; The block behind the last way back is outside the loop, but what follows the loop does not go on in it.
  (func (export "left") (param i32) (result i32)
    (block $out
      (loop $again
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $again (local.get 0))
        (local.set 0 (i32.clz (local.get 0)))
        (br $out)))
    (i32.add (local.get 0) (i32.const 5)))
  (func (export "swap") (param i32 i32 i32) (result i32 i32)
    (local.get 0) (local.get 1)
    (loop $again (param i32 i32) (result i32 i32)
      (local.set 0) (local.set 1)
      (local.set 2 (i32.sub (local.get 2) (i32.const 1)))
      (local.get 0) (local.get 1)
      (br_if $again (local.get 2)))))
;;! run: sum(3) = 14
;;! run: nested(4) = 6
;;! run: once(41) = 42
;;! run: left(3) = 37
;;! run: swap(1, 2, 1) = 2, 1
;;! run: swap(1, 2, 2) = 1, 2
;;= ir
;;   function 0 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 0
;;     jump block1(v1, v0)
;;   loop to block2:
;;   block1(v3: i32, v4: i32):
;;     v5: i32 = imul v4, v4
;;     v6: i32 = iadd v3, v5
;;     v7: i32 = const -1
;;     v8: i32 = iadd v4, v7
;;     branch v8, block1(v6, v8), block2
;;   block2:
;;     return v6
;;   function 1 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 0
;;     jump block1(v1, v1)
;;   loop to block6:
;;   block1(v3: i32, v4: i32):
;;     v5: i32 = icmp.le_u v0, v4
;;     branch v5, block6, block2
;;   block2:
;;     v7: i32 = const 0
;;     jump block3(v3, v7)
;;   loop to block5:
;;   block3(v9: i32, v10: i32):
;;     v11: i32 = icmp.le_u v4, v10
;;     branch v11, block5, block4
;;   block4:
;;     v13: i32 = const 1
;;     v14: i32 = iadd v9, v13
;;     v15: i32 = iadd v10, v13
;;     jump block3(v14, v15)
;;   block5:
;;     v17: i32 = const 1
;;     v18: i32 = iadd v4, v17
;;     jump block1(v9, v18)
;;   block6:
;;     return v3
;;   function 2 (i32) -> (i32)
;;   block0(v0: i32):
;;     jump block1
;;   block1:
;;     v2: i32 = const 1
;;     v3: i32 = iadd v0, v2
;;     return v3
;;   function 3 (i32) -> (i32)
;;   block0(v0: i32):
;;     jump block1(v0)
;;   loop to block3:
;;   block1(v2: i32):
;;     v3: i32 = const -1
;;     v4: i32 = iadd v2, v3
;;     branch v4, block1(v4), block2
;;   block2:
;;     v6: i32 = iclz v4
;;     jump block3
;;   block3:
;;     v8: i32 = const 5
;;     v9: i32 = iadd v6, v8
;;     return v9
;;   function 4 (i32, i32, i32) -> (i32, i32)
;;   block0(v0: i32, v1: i32, v2: i32):
;;     jump block1(v0, v1, v2)
;;   loop to block2:
;;   block1(v4: i32, v5: i32, v6: i32):
;;     v7: i32 = const -1
;;     v8: i32 = iadd v6, v7
;;     branch v8, block1(v5, v4, v8), block2
;;   block2:
;;     return v5, v4
