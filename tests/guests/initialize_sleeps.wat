;; Its _initialize sleeps for a year, in poll_oneoff.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"name\":\"guest\",\"version\":\"1.0.0\"}")
  (func (export "init") (result i64) (i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 34)))
  (func (export "alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "dealloc") (param i32 i32))
  (func (export "execute") (param i32 i32) (result i32) (i32.const 0))
  ;; one clock subscription at 256: monotonic, 31,536,000 s
  (func (export "_initialize")
    (i32.store (i32.const 272) (i32.const 1))
    (i64.store (i32.const 280) (i64.const 31536000000000000))
    (drop (call $poll (i32.const 256) (i32.const 512) (i32.const 1) (i32.const 768)))))
