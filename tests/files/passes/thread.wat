;;! test: passes, run
;;! passes: thread,number,prune
;; Words and numbers of a text: three states, each a constant where it is set. No table is left, and the states in which
;; the machine stays are loops of their own.
(module
  (memory 1)
  (func (export "count") (param $at i32) (result i32)
    (local $state i32) (local $c i32) (local $words i32)
    (block $end
      (loop $next
        (br_if $end (i32.eqz (local.tee $c (i32.load8_u (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (block $number
          (block $word
            (block $between
              (br_table $between $word $number (local.get $state)))
            (br_if $next (i32.eq (local.get $c) (i32.const 32)))
            (local.set $words (i32.add (local.get $words) (i32.const 1)))
            (local.set $state (i32.const 1))
            (br_if $next (i32.gt_u (local.get $c) (i32.const 57)))
            (local.set $state (i32.const 2))
            (br $next))
          (br_if $next (i32.ne (local.get $c) (i32.const 32)))
          (local.set $state (i32.const 0))
          (br $next))
        (local.set $words (i32.add (local.get $words) (i32.const 100)))
        (local.set $state (i32.const 2))
        (br_if $next (i32.ne (local.get $c) (i32.const 32)))
        (local.set $state (i32.const 0))
        (br $next)))
    (i32.add (i32.mul (local.get $state) (i32.const 10000)) (local.get $words)))
  (data (i32.const 0) "one 2 four 55  x\00 a 666"))
;;! run: count(0) = 10305
;;! run: count(16) = 0
;;! run: count(17) = 20202
;;= passes
;;   function 0 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 0
;;     v2: i32 = const 1
;;     v3: i32 = const 32
;;     v4: i32 = const 57
;;     v5: i32 = const 2
;;     v6: i32 = const 100
;;     v7: i32 = const 10000
;;     jump block1(v0, v1)
;;   loop to block11:
;;   block1(v9: i32, v10: i32):
;;     v11: i32 = load8_u memory0[v9]
;;     branch v11, block2, block11(v10, v1)
;;   block2:
;;     v13: i32 = iadd v9, v2
;;     v14: i32 = icmp.eq v11, v3
;;     branch v14, block1(v13, v10), block3
;;   block3:
;;     v16: i32 = iadd v10, v2
;;     v17: i32 = icmp.gt_u v11, v4
;;     branch v17, block5(v13), block4
;;   block4:
;;     jump block8(v13, v16)
;;   loop to block8:
;;   block5(v20: i32):
;;     v21: i32 = load8_u memory0[v20]
;;     branch v21, block6, block11(v16, v2)
;;   block6:
;;     v23: i32 = iadd v20, v2
;;     v24: i32 = icmp.ne v21, v3
;;     branch v24, block5(v23), block7
;;   block7:
;;     jump block1(v23, v16)
;;   loop to block11:
;;   block8(v27: i32, v28: i32):
;;     v29: i32 = load8_u memory0[v27]
;;     branch v29, block9, block11(v28, v5)
;;   block9:
;;     v31: i32 = iadd v27, v2
;;     v32: i32 = iadd v28, v6
;;     v33: i32 = icmp.ne v29, v3
;;     branch v33, block8(v31, v32), block10
;;   block10:
;;     jump block1(v31, v32)
;;   block11(v36: i32, v37: i32):
;;     v38: i32 = imul v37, v7
;;     v39: i32 = iadd v36, v38
;;     return v39
