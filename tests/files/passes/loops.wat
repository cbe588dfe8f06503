;;! test: passes, run
;;! passes: expand,number,hoist,prune
;; A loop over an array: the address of its beginning is computed in front, and the choice is by branches.
(module
  (memory 1)
  (func (export "sum") (param $row i32) (param $n i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $next
      (block $done
        (block $two
          (block $one
            (br_table $one $two $done
              (i32.load8_u (i32.add (i32.mul (local.get $row) (i32.const 12)) (local.get $i)))))
          (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
          (br $done))
        (local.set $sum (i32.add (local.get $sum) (i32.const 2))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (data (i32.const 12) "\00\01\02\01"))
;;! run: sum(0, 5) = 5
;;! run: sum(1, 3) = 3
;;! run: sum(1, 4) = 5
;;! run: sum(-1, 1) = trap: out of bounds memory access
;;= passes
;;   function 0 (i32, i32) -> (i32)
;;   block0(v0: i32, v1: i32):
;;     v2: i32 = const 0
;;     v3: i32 = const 12
;;     v4: i32 = const 1
;;     v5: i32 = const 2
;;     v6: i32 = imul v0, v3
;;     jump block1(v2, v2)
;;   loop to block6:
;;   block1(v8: i32, v9: i32):
;;     v10: i32 = iadd v9, v6
;;     v11: i32 = load8_u memory0[v10]
;;     branch v11, block2, block3
;;   block2:
;;     v13: i32 = icmp.eq v11, v4
;;     branch v13, block4, block5(v8)
;;   block3:
;;     v15: i32 = iadd v8, v4
;;     jump block5(v15)
;;   block4:
;;     v17: i32 = iadd v8, v5
;;     jump block5(v17)
;;   block5(v19: i32):
;;     v20: i32 = iadd v9, v4
;;     v21: i32 = icmp.gt_u v1, v20
;;     branch v21, block1(v19, v20), block6
;;   block6:
;;     return v19
