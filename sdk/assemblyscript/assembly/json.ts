// A value of JSON, read from text that may be hostile: bounded, and without traps.

export enum Kind {
  Null,
  Bool,
  Integer,
  Number,
  String,
  Array,
  Object,
}

const MAX_DEPTH: i32 = 64;
const MAX_VALUES: i32 = 65536;

// What every value has that is no array and no object; nothing is ever put in.
const NO_NAMES: string[] = [];
const NO_VALUES: Json[] = [];

export class Json {
  kind: Kind = Kind.Null;
  private whole: i64 = 0; // or a bool
  private float: f64 = 0;
  private str: string = "";
  private names: string[] = NO_NAMES;
  private values: Json[] = NO_VALUES;

  static bool(value: bool): Json {
    const json = new Json();
    json.kind = Kind.Bool;
    json.whole = value ? 1 : 0;
    return json;
  }
  static integer(value: i64): Json {
    const json = new Json();
    json.kind = Kind.Integer;
    json.whole = value;
    return json;
  }
  static number(value: f64): Json {
    const json = new Json();
    json.kind = Kind.Number;
    json.float = value;
    return json;
  }
  static text(value: string): Json {
    const json = new Json();
    json.kind = Kind.String;
    json.str = value;
    return json;
  }
  static array(): Json {
    const json = new Json();
    json.kind = Kind.Array;
    json.values = [];
    return json;
  }
  static object(): Json {
    const json = new Json();
    json.kind = Kind.Object;
    json.names = [];
    json.values = [];
    return json;
  }

  // Exactly one value (RFC 8259), with at most 64 arrays and objects in one another; null if the
  // text is anything else.
  static parse(text: string): Json | null {
    const reader = new Reader(text);
    const json = reader.value(0);
    if (json == null || !reader.atEnd()) return null;
    return json;
  }

  // What it holds; the fallback if that is of another kind.
  asBool(fallback: bool = false): bool {
    return this.kind == Kind.Bool ? this.whole != 0 : fallback;
  }
  // A number that is whole, such as 3.0, counts.
  asInteger(fallback: i64 = 0): i64 {
    return this.isWhole() ? (this.kind == Kind.Integer ? this.whole : <i64>this.float) : fallback;
  }
  isWhole(): bool {
    if (this.kind == Kind.Integer) return true;
    return this.kind == Kind.Number && Math.abs(this.float) <= 9e15 && Math.floor(this.float) == this.float;
  }
  isNumber(): bool {
    return this.kind == Kind.Integer || this.kind == Kind.Number;
  }
  asNumber(fallback: f64 = 0): f64 {
    if (this.kind == Kind.Integer) return <f64>this.whole;
    return this.kind == Kind.Number ? this.float : fallback;
  }
  asText(fallback: string = ""): string {
    return this.kind == Kind.String ? this.str : fallback;
  }

  get length(): i32 {
    return this.values.length;
  }
  // The item, or the member's value, of that number; a null value if there is none.
  at(index: i32): Json {
    return index >= 0 && index < this.values.length ? this.values[index] : new Json();
  }
  nameAt(index: i32): string {
    return index >= 0 && index < this.names.length ? this.names[index] : "";
  }
  // The member; a null value if there is none. Of equal names the last counts.
  find(name: string): Json {
    for (let i = this.names.length - 1; i >= 0; --i) {
      if (this.names[i] == name) return this.values[i];
    }
    return new Json();
  }
  has(name: string): bool {
    return this.names.includes(name);
  }
  set(name: string, value: Json): Json {
    this.own();
    const index = this.names.lastIndexOf(name);
    if (index >= 0) {
      this.values[index] = value;
    } else {
      this.names.push(name);
      this.values.push(value);
    }
    return this;
  }
  // Another member, though there may be one of that name.
  add(name: string, value: Json): void {
    this.own();
    this.names.push(name);
    this.values.push(value);
  }
  push(value: Json): Json {
    this.own();
    this.values.push(value);
    return this;
  }

  // Before something is put in.
  private own(): void {
    if (this.values === NO_VALUES) this.values = [];
    if (this.names === NO_NAMES) this.names = [];
  }

  dump(): string {
    switch (this.kind) {
      case Kind.Bool:
        return this.whole != 0 ? "true" : "false";
      case Kind.Integer:
        return this.whole.toString();
      case Kind.Number:
        return isFinite(this.float) ? this.float.toString() : "null";
      case Kind.String:
        return quote(this.str);
      case Kind.Array: {
        const items: string[] = [];
        for (let i = 0; i < this.values.length; ++i) items.push(this.values[i].dump());
        return "[" + items.join(",") + "]";
      }
      case Kind.Object: {
        const members: string[] = [];
        for (let i = 0; i < this.values.length; ++i) {
          members.push(quote(this.names[i]) + ":" + this.values[i].dump());
        }
        return "{" + members.join(",") + "}";
      }
      default:
        return "null";
    }
  }
}

function quote(text: string): string {
  const pieces: string[] = ['"'];
  let start = 0;
  for (let i = 0; i < text.length; ++i) {
    const code = text.charCodeAt(i);
    if (code >= 0x20 && code != 0x22 && code != 0x5c && code != 0x7f) continue;
    pieces.push(text.substring(start, i));
    pieces.push(code == 0x22 || code == 0x5c ? "\\" + String.fromCharCode(code) : "\\u" + code.toString(16).padStart(4, "0"));
    start = i + 1;
  }
  pieces.push(text.substring(start));
  pieces.push('"');
  return pieces.join("");
}

class Reader {
  private at: i32 = 0;
  private count: i32 = 0;

  constructor(private text: string) {}

  atEnd(): bool {
    this.space();
    return this.at == this.text.length;
  }

  private peek(): i32 {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }
  private take(code: i32): bool {
    if (this.peek() != code) return false;
    ++this.at;
    return true;
  }
  private word(word: string, value: Json): Json | null {
    if (!this.text.startsWith(word, this.at)) return null;
    this.at += word.length;
    return value;
  }
  private space(): void {
    while (this.peek() == 0x20 || this.peek() == 0x09 || this.peek() == 0x0a || this.peek() == 0x0d) ++this.at;
  }

  value(depth: i32): Json | null {
    if (++this.count > MAX_VALUES) return null;
    this.space();
    const first = this.peek();
    if (first == 0x7b) return depth < MAX_DEPTH ? this.object(depth + 1) : null;
    if (first == 0x5b) return depth < MAX_DEPTH ? this.array(depth + 1) : null;
    if (first == 0x22) {
      const text = this.string();
      return text == null ? null : Json.text(text);
    }
    if (first == 0x74) return this.word("true", Json.bool(true));
    if (first == 0x66) return this.word("false", Json.bool(false));
    if (first == 0x6e) return this.word("null", new Json());
    return this.number();
  }

  private object(depth: i32): Json | null {
    const json = Json.object();
    ++this.at;
    this.space();
    if (this.take(0x7d)) return json;
    do {
      this.space();
      const name = this.string();
      if (name == null) return null;
      this.space();
      if (!this.take(0x3a)) return null;
      const value = this.value(depth);
      if (value == null) return null;
      json.add(name, value);
      this.space();
    } while (this.take(0x2c));
    return this.take(0x7d) ? json : null;
  }

  private array(depth: i32): Json | null {
    const json = Json.array();
    ++this.at;
    this.space();
    if (this.take(0x5d)) return json;
    do {
      const value = this.value(depth);
      if (value == null) return null;
      json.push(value);
      this.space();
    } while (this.take(0x2c));
    return this.take(0x5d) ? json : null;
  }

  private string(): string | null {
    if (!this.take(0x22)) return null;
    let pieces: string[] | null = null; // where something is escaped
    while (true) {
      const start = this.at;
      while (this.peek() >= 0x20 && this.peek() != 0x22 && this.peek() != 0x5c) ++this.at;
      const piece = this.text.substring(start, this.at);
      if (this.take(0x22)) {
        if (pieces == null) return piece;
        pieces.push(piece);
        return pieces.join("");
      }
      if (pieces == null) pieces = [];
      pieces.push(piece);
      if (!this.take(0x5c)) return null;
      const escaped = this.escape();
      if (escaped == null) return null;
      pieces.push(escaped);
    }
  }

  private escape(): string | null {
    const code = this.peek();
    ++this.at;
    if (code == 0x75) return this.codePoint();
    if (code == 0x22 || code == 0x5c || code == 0x2f) return String.fromCharCode(code);
    if (code == 0x6e) return "\n";
    if (code == 0x74) return "\t";
    if (code == 0x72) return "\r";
    if (code == 0x62) return "\b";
    if (code == 0x66) return "\f";
    return null;
  }

  private codePoint(): string | null {
    const first = this.fourDigits();
    if (first < 0 || (first >= 0xdc00 && first < 0xe000)) return null;
    if (first < 0xd800 || first >= 0xe000) return String.fromCharCode(first);
    if (!this.take(0x5c) || !this.take(0x75)) return null;
    const second = this.fourDigits();
    if (second < 0xdc00 || second >= 0xe000) return null;
    return String.fromCharCode(first, second);
  }

  private fourDigits(): i32 {
    let code = 0;
    for (let i = 0; i < 4; ++i) {
      const digit = this.peek();
      let value = -1;
      if (digit >= 0x30 && digit <= 0x39) value = digit - 0x30;
      else if (digit >= 0x61 && digit <= 0x66) value = digit - 0x61 + 10;
      else if (digit >= 0x41 && digit <= 0x46) value = digit - 0x41 + 10;
      if (value < 0) return -1;
      code = code * 16 + value;
      ++this.at;
    }
    return code;
  }

  private digits(): i32 {
    const start = this.at;
    while (this.peek() >= 0x30 && this.peek() <= 0x39) ++this.at;
    return this.at - start;
  }

  private number(): Json | null {
    const start = this.at;
    this.take(0x2d);
    const zero = this.peek() == 0x30;
    const count = this.digits();
    if (count == 0 || (zero && count > 1)) return null;
    let whole = count <= 18;
    if (this.take(0x2e)) {
      whole = false;
      if (this.digits() == 0) return null;
    }
    if (this.take(0x65) || this.take(0x45)) {
      whole = false;
      if (!this.take(0x2b)) this.take(0x2d);
      if (this.digits() == 0) return null;
    }
    const text = this.text.substring(start, this.at);
    if (whole) return Json.integer(I64.parseInt(text));
    const value = parseFloat(text);
    return isFinite(value) ? Json.number(value) : null;
  }
}
