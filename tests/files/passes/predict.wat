;;! test: passes, run
;;! passes: number,hoist,prune,predict
;; A selection by what is loaded in a loop for this alone is a branch; one of what is loaded, one by what is known, and
;; one outside of loops stay.
(module
  (memory 1)
  (data (i32.const 0) "\03\00\00\00\09\00\00\00\02\00\00\00\05\00\00\00")
  ;; Steps to the next word, or two words on.
  (func (export "walk") (param $limit i32) (result i32) (local $at i32) (local $steps i32)
    (loop $next
      (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
      (local.set $at (i32.add (local.get $at)
        (select (i32.const 4) (i32.const 8) (i32.lt_s (i32.load (local.get $at)) (local.get $limit)))))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 16))))
    (local.get $steps))
  (func (export "most") (param $n i32) (result i32) (local $most i32) (local $x i32)
    (loop $next
      (local.set $n (i32.sub (local.get $n) (i32.const 4)))
      (local.set $x (i32.load (local.get $n)))
      (local.set $most (select (local.get $x) (local.get $most) (i32.gt_s (local.get $x) (local.get $most))))
      (br_if $next (local.get $n)))
    (local.get $most))
  (func (export "once") (param $at i32) (result i32)
    (select (i32.const 1) (i32.const 2) (i32.eqz (i32.load (local.get $at)))))
  (func (export "known") (param $n i32) (result i32) (local $x i32)
    (loop $next
      (local.set $x (select (i32.const 7) (local.get $x) (i32.eq (local.get $n) (i32.const 3))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
;;! run: walk(0) = 2
;;! run: walk(10) = 4
;;! run: walk(4) = 3
;;! run: most(16) = 9
;;! run: once(100) = 1
;;! run: once(0) = 2
;;! run: known(5) = 7
;;= passes
;;   function 0 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 0
;;     v2: i32 = const 1
;;     v3: i32 = const 4
;;     v4: i32 = const 8
;;     v5: i32 = const 16
;;     jump block1(v1, v1)
;;   loop to block3:
;;   block1(v7: i32, v8: i32):
;;     v9: i32 = iadd v7, v2
;;     v10: i32 = load memory0[v8]
;;     v11: i32 = icmp.gt_s v0, v10
;;     branch v11, block2(v3), block2(v4)
;;   block2(v13: i32):
;;     v14: i32 = iadd v8, v13
;;     v15: i32 = icmp.lt_u v14, v5
;;     branch v15, block1(v9, v14), block3
;;   block3:
;;     return v9
;;   function 1 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 0
;;     v2: i32 = const -4
;;     jump block1(v0, v1)
;;   loop to block2:
;;   block1(v4: i32, v5: i32):
;;     v6: i32 = iadd v4, v2
;;     v7: i32 = load memory0[v6]
;;     v8: i32 = icmp.lt_s v5, v7
;;     v9: i32 = select v7, v5, v8
;;     branch v6, block1(v6, v9), block2
;;   block2:
;;     return v9
;;   function 2 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 1
;;     v2: i32 = const 2
;;     v3: i32 = load memory0[v0]
;;     v4: i32 = select v2, v1, v3
;;     return v4
;;   function 3 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 0
;;     v2: i32 = const 7
;;     v3: i32 = const 3
;;     v4: i32 = const -1
;;     jump block1(v1, v0)
;;   loop to block2:
;;   block1(v6: i32, v7: i32):
;;     v8: i32 = icmp.eq v7, v3
;;     v9: i32 = select v2, v6, v8
;;     v10: i32 = iadd v7, v4
;;     branch v10, block1(v9, v10), block2
;;   block2:
;;     return v9
