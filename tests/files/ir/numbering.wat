;;! test: ir, run
;; What is known is not computed again, until something may have changed it.
(module
  (memory 1)
  (global $g (mut i32) (i32.const 5))
  (global $fixed i32 (i32.const 11))
  (func $nothing)
  (func (export "pure") (param i32 i32) (result i32)
    (i32.mul
      (i32.add (i32.xor (local.get 0) (local.get 1)) (i32.const 3))
      (i32.add (i32.xor (local.get 1) (local.get 0)) (i32.const 3))))
  ;; Also beyond a branch, where the block has one predecessor.
  (func (export "extended") (param i32 i32) (result i32)
    (block $out (br_if $out (i32.and (local.get 0) (local.get 1))) (return (i32.and (local.get 0) (local.get 1))))
    (i32.and (local.get 0) (local.get 1)))
  (func (export "loads") (param i32) (result i32)
    (i32.store (local.get 0) (i32.const 7))
    (i32.add (i32.load (local.get 0)) (i32.load (local.get 0)))
    (i32.store (local.get 0) (i32.const 8))
    (i32.add (i32.load (local.get 0))))
  (func (export "globals") (result i32)
    (i32.add (global.get $g) (global.get $g))
    (call $nothing)
    (i32.add (global.get $g))
    (i32.add (global.get $fixed)))
  (func (export "divisions") (param i32 i32) (result i32)
    (i32.add (i32.div_u (local.get 0) (local.get 1)) (i32.div_u (local.get 0) (local.get 1))))
  (func (export "size") (result i32)
    (i32.add (memory.size) (memory.size))
    (drop (memory.grow (i32.const 1)))
    (i32.add (memory.size))))
;;! run: pure(5, 6) = 36
;;! run: extended(6, 3) = 2
;;! run: extended(4, 3) = 0
;;! run: loads(16) = 22
;;! run: loads(65535) = trap: out of bounds memory access
;;! run: globals() = 26
;;! run: divisions(7, 2) = 6
;;! run: divisions(7, 0) = trap: integer divide by zero
;;! run: size() = 4
;;= ir
;;   function 0 () -> ()
;;   block0:
;;     return
;;   function 1 (i32, i32) -> (i32)
;;   block0(v0: i32, v1: i32):
;;     v2: i32 = ixor v0, v1
;;     v3: i32 = const 3
;;     v4: i32 = iadd v2, v3
;;     v5: i32 = imul v4, v4
;;     return v5
;;   function 2 (i32, i32) -> (i32)
;;   block0(v0: i32, v1: i32):
;;     v2: i32 = iand v0, v1
;;     branch v2, block2, block1
;;   block1:
;;     return v2
;;   block2:
;;     v5: i32 = iand v0, v1
;;     return v5
;;   function 3 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 7
;;     store memory0[v0], v1
;;     v3: i32 = load memory0[v0]
;;     v4: i32 = iadd v3, v3
;;     v5: i32 = const 8
;;     store memory0[v0], v5
;;     v7: i32 = load memory0[v0]
;;     v8: i32 = iadd v4, v7
;;     return v8
;;   function 4 () -> (i32)
;;   block0:
;;     v0: i32 = global_get 0
;;     v1: i32 = iadd v0, v0
;;     call 0()
;;     v3: i32 = global_get 0
;;     v4: i32 = iadd v1, v3
;;     v5: i32 = const 11
;;     v6: i32 = iadd v4, v5
;;     return v6
;;   function 5 (i32, i32) -> (i32)
;;   block0(v0: i32, v1: i32):
;;     v2: i32 = idiv_u v0, v1
;;     v3: i32 = iadd v2, v2
;;     return v3
;;   function 6 () -> (i32)
;;   block0:
;;     v0: i32 = memory_size 0
;;     v1: i32 = iadd v0, v0
;;     v2: i32 = const 1
;;     v3: i32 = const 0
;;     v4: i32 = call_builtin memory_grow(v3, v2)
;;     v5: i32 = memory_size 0
;;     v6: i32 = iadd v1, v5
;;     return v6
