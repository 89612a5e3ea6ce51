;; Its init says that its metadata is 4 GiB long, from the end of its memory on.
(module
  (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "dealloc") (param i32 i32))
  (func (export "execute") (param i32 i32) (result i32) (i32.const 0))
  (func (export "init") (result i64) (i64.const 0x0000fff0ffffffff)))
