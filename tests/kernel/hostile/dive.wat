;; dive WHAT DEPTH: calls itself DEPTH deep and does WHAT there; with 0 it goes on until the stack is exhausted, and
;; says at each depth, at the beginning of its standard output, how deep it is. Started by edge.c.
(module
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "skerry_process" "spawn" (func $spawn (param i32 i32) (result i32)))
  (import "skerry_process" "wait" (func $wait (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table 1 100 funcref)
  (global $what (mut i32) (i32.const 0))
  (global $target (mut i32) (i32.const 0))
  ;; 0: an iovec of what is at 16. 64: a request: directory 4, the path at 128.
  (data (i32.const 0) "\10\00\00\00\04\00\00\00")
  (data (i32.const 64) "\04\00\00\00\80\00\00\00\0a\00\00\00")
  (data (i32.const 128) "small.wasm")
  (func $number (param $at i32) (result i32) (local $value i32)
    (loop $next
      (if (i32.load8_u (local.get $at)) (then
        (local.set $value (i32.add (i32.mul (local.get $value) (i32.const 10))
                                   (i32.sub (i32.load8_u (local.get $at)) (i32.const 48))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next))))
    (local.get $value))
  ;; Compiled when it is called first.
  (func $fresh (param i32) (result i32) (local i64 f64)
    (loop $again
      (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 31)) (i64.extend_i32_u (local.get 0))))
      (if (i64.eqz (i64.rem_u (local.get 1) (i64.const 7))) (then
        (local.set 2 (f64.add (local.get 2) (f64.convert_i64_s (local.get 1))))))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again (local.get 0)))
    (i32.wrap_i64 (i64.add (local.get 1) (i64.trunc_sat_f64_s (local.get 2)))))
  (func $act
    (block $spawn (block $grow_table (block $grow (block $fresh_code
    (block $readdir_call (block $poll_call (block $rename_call (block $open_call (block $pwrite_call
      (br_table $pwrite_call $open_call $rename_call $poll_call $readdir_call $fresh_code $grow $grow_table $spawn
        (i32.sub (global.get $what) (i32.const 1))))
      (drop (call $pwrite (i32.const 1) (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 32))) (return))
      (drop (call $open (i32.const 4) (i32.const 1) (i32.const 128) (i32.const 10) (i32.const 0) (i64.const 2)
                        (i64.const 0) (i32.const 0) (i32.const 32))) (return))
      (drop (call $rename (i32.const 4) (i32.const 128) (i32.const 10)
                          (i32.const 4) (i32.const 128) (i32.const 9))) (return))
      (drop (call $poll (i32.const 1024) (i32.const 4096) (i32.const 8) (i32.const 32))) (return))
      (drop (call $readdir (i32.const 4) (i32.const 1024) (i32.const 1000) (i64.const 0) (i32.const 32))) (return))
      (drop (call $fresh (i32.const 100))) (return))
      (if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then unreachable)) (return))
      (if (i32.ne (table.grow (ref.null func) (i32.const 50)) (i32.const 1)) (then unreachable)) (return))
    (if (i32.eqz (call $spawn (i32.const 64) (i32.const 32))) (then
      (drop (call $wait (i32.load (i32.const 32)) (i32.const 0) (i32.const 256))))))
  (func $dive (param $depth i32) (result i32)
    (if (global.get $target)
      (then
        (if (i32.ge_u (local.get $depth) (global.get $target)) (then (call $act) (return (i32.const 0)))))
      (else
        (i32.store (i32.const 16) (local.get $depth))
        (drop (call $pwrite (i32.const 1) (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 32)))))
    (i32.add (call $dive (i32.add (local.get $depth) (i32.const 1))) (local.get $depth)))
  (func (export "_start")
    (drop (call $args (i32.const 512) (i32.const 1024)))
    (global.set $what (call $number (i32.load (i32.const 516))))
    (global.set $target (call $number (i32.load (i32.const 520))))
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 1024))
    (drop (call $dive (i32.const 0)))))
