// What a plugin says of itself, and how its actions are found.
import { config } from "./host";
import { Json, Kind } from "./json";

// What calls an action.
export class Call {
  velocity: i32 = -1; // 0 to 127; -1 if there is none
  mode: i32 = -1;
  timestampMs: i64 = 0; // since 1970
  constructor(public action: string) {}
}

// What went wrong, in a sentence for who pressed the pad; null: nothing. A code of the plugin's own
// is 4 or more.
export class Failure {
  constructor(
    public text: string,
    public code: i32 = 3,
  ) {}
}

export type Run = (params: Params, call: Call) => Failure | null;

// Declares what params or settings are, with their schema.
export class Fields {
  properties: Json = Json.object();
  private needed: Json = Json.array();
  private current: Json = Json.object();

  private add(name: string, type: string, description: string): this {
    this.current = Json.object().set("type", Json.text(type)).set("description", Json.text(description));
    this.properties.set(name, this.current);
    return this;
  }
  text(name: string, description: string, fallback: string | null = null): this {
    this.add(name, "string", description);
    if (fallback == null) this.needed.push(Json.text(name));
    else this.current.set("default", Json.text(fallback));
    return this;
  }
  flag(name: string, description: string, fallback: bool = false): this {
    this.add(name, "boolean", description).current.set("default", Json.bool(fallback));
    return this;
  }
  integer(name: string, description: string, fallback: i64): this {
    this.add(name, "integer", description).current.set("default", Json.integer(fallback));
    return this;
  }
  number(name: string, description: string, fallback: f64): this {
    this.add(name, "number", description).current.set("default", Json.number(fallback));
    return this;
  }
  // A keyword of JSON Schema for the field that was declared last; midimon checks it.
  say(keyword: string, value: Json): this {
    this.current.set(keyword, value);
    return this;
  }
  // The least and the most that a number may be, or a text in characters.
  range(least: i64, most: i64): this {
    const text = this.current.find("type").asText() == "string";
    this.say(text ? "minLength" : "minimum", Json.integer(least));
    return this.say(text ? "maxLength" : "maximum", Json.integer(most));
  }

  schema(): Json {
    const schema = Json.object().set("type", Json.text("object")).set("properties", this.properties);
    if (this.needed.length > 0) schema.set("required", this.needed);
    return schema.set("additionalProperties", Json.bool(false));
  }

  // What is wrong with `given`; "" if nothing is.
  problem(given: Json): string {
    if (given.kind != Kind.Object) return "They are not an object.";
    for (let i = 0; i < this.needed.length; ++i) {
      const name = this.needed.at(i).asText();
      if (!given.has(name)) return '"' + name + '" is missing.';
    }
    for (let i = 0; i < given.length; ++i) {
      const name = given.nameAt(i);
      if (!this.properties.has(name)) return '"' + name + '" is not known.';
      const type = this.properties.find(name).find("type").asText();
      const value = given.at(i);
      const good =
        type == "string" ? value.kind == Kind.String
        : type == "boolean" ? value.kind == Kind.Bool
        : type == "integer" ? value.isWhole()
        : value.isNumber();
      if (!good) return '"' + name + '" is not of the kind that it should be.';
    }
    return "";
  }
}

// The values of such fields: those that were given, else those that were declared.
export class Params {
  constructor(
    private given: Json,
    private fields: Fields,
  ) {}
  private value(name: string): Json {
    return this.given.has(name) ? this.given.find(name) : this.fields.properties.find(name).find("default");
  }
  text(name: string): string {
    return this.value(name).asText();
  }
  flag(name: string): bool {
    return this.value(name).asBool();
  }
  integer(name: string): i64 {
    return this.value(name).asInteger();
  }
  number(name: string): f64 {
    return this.value(name).asNumber();
  }
}

export class Action extends Fields {
  private json: Json;
  constructor(
    public id: string,
    public run: Run,
  ) {
    super();
    this.json = Json.object().set("id", Json.text(id));
  }
  label(text: string): this {
    this.json.set("label", Json.text(text));
    return this;
  }
  description(text: string): this {
    this.json.set("description", Json.text(text));
    return this;
  }
  metadata(): Json {
    return this.json.set("params", this.schema());
  }
}

// What a trigger plugin has to tell, in the words of `midimon simulate`: "press C2 100".
export class Events {
  json: Json = Json.object().set("events", Json.array());
  event(words: string): this {
    this.json.find("events").push(Json.text(words));
    return this;
  }
  // When to be asked again, in milliseconds.
  next(milliseconds: i32): this {
    this.json.set("next_ms", Json.integer(milliseconds));
    return this;
  }
}

export class Plugin {
  actions: Action[] = [];
  // Of a trigger plugin: asked again and again for events.
  poll: (() => Events) | null = null;
  settings: Fields = new Fields();
  private json: Json = Json.object();
  private capabilities: Json = Json.array();

  constructor(name: string, version: string) {
    this.say("name", name).say("version", version);
  }
  // "description", "author", "license", "homepage".
  say(key: string, text: string): this {
    this.json.set(key, Json.text(text));
    return this;
  }
  // One instance keeps its memory and connections from call to call.
  session(): this {
    return this.say("lifetime", "session");
  }
  // What the plugin asks for, "network" or "audio:volume", narrowed by `allow`, and why.
  needs(kind: string, reason: string, allow: string[] = []): this {
    const colon = kind.indexOf(":");
    const list = Json.array();
    if (colon >= 0) list.push(Json.text(kind.substring(colon + 1)));
    for (let i = 0; i < allow.length; ++i) list.push(Json.text(allow[i]));
    const json = Json.object().set("kind", Json.text(colon < 0 ? kind : kind.substring(0, colon)));
    json.set("reason", Json.text(reason));
    if (list.length > 0) json.set("allow", list);
    this.capabilities.push(json);
    return this;
  }
  action(id: string, run: Run): Action {
    const action = new Action(id, run);
    this.actions.push(action);
    return action;
  }
  metadata(): string {
    if (this.poll != null) this.say("type", "trigger");
    if (this.capabilities.length > 0) this.json.set("capabilities", this.capabilities);
    if (this.settings.properties.length > 0) this.json.set("settings", this.settings.schema());
    const list = Json.array();
    for (let i = 0; i < this.actions.length; ++i) list.push(this.actions[i].metadata());
    return this.json.set("actions", list).dump();
  }
  // What its user set, checked already.
  configured(): Params {
    return new Params(config(), this.settings);
  }
}
