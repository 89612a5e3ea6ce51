// @NAME@: a plugin for midimon.
import { Answer, Call, Failure, Json, Params, Plugin, log, readFile, register, setOutput, writeFile } from "../sdk/assembly";

function countUp(): i64 {
  const text = readFile("/count");
  const error = text.error;
  if (error != null && error.answer != Answer.NotFound) return -1;
  const json = Json.parse(text.value);
  const count = (json == null ? 0 : json.asInteger()) + 1;
  return writeFile("/count", count.toString()) == null ? count : -1;
}

function greet(params: Params, call: Call): Failure | null {
  const greeting = "Hello, " + params.text("who") + "!";
  log(greeting);
  const output = Json.object().set("greeting", Json.text(greeting));
  if (params.flag("count")) {
    const count = countUp();
    if (count < 0) return new Failure("Cannot count in /count.");
    output.set("count", Json.integer(count));
  }
  const error = setOutput(output);
  return error == null ? null : new Failure(error.why);
}

const plugin = new Plugin("@NAME@", "0.1.0").say("description", "Says hello");
plugin.needs("filesystem", "to count whom it greeted");
plugin
  .action("greet", greet)
  .label("Greet")
  .description("Says hello to somebody")
  .text("who", "Whom to greet", "world")
  .range(1, 64)
  .flag("count", "Say how many were greeted, which is kept in a file");
register(plugin);

export { init, alloc, dealloc, execute } from "../sdk/assembly/abi";
