;; `alloc` answers the place where the metadata lies: the request is written over it.
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"name\":\"alloc-overlaps\",\"version\":\"1.0.0\"}")
  (func (export "init") (result i64) (i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 43)))
  (func (export "alloc") (param i32) (result i32) (i32.const 16))
  (func (export "dealloc") (param i32 i32))
  (func (export "execute") (param i32 i32) (result i32) (i32.const 0)))
