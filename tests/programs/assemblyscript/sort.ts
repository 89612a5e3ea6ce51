// Sorts the lines of a file by their bytes: runs of bounded size, then one merge.
import { Reader, Writer, remove, rename } from "./files";

const RUN_BYTES: i32 = 512 * 1024;

function compare(a: Uint8Array, b: Uint8Array): i32 {
  const order = memory.compare(a.dataStart, b.dataStart, min(a.length, b.length));
  return order != 0 ? order : a.length - b.length;
}

function readLines(input: Reader): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let bytes = 0; bytes < RUN_BYTES; ) {
    const line = input.line();
    if (line.length == 0) break;
    bytes += line.length;
    lines.push(line);
  }
  return lines;
}

function writeRuns(input: Reader, output: string): string[] {
  const runs: string[] = [];
  let lines = readLines(input);
  while (lines.length > 0) {
    lines.sort(compare);
    const name = output + ".run-" + runs.length.toString();
    const run = new Writer(name);
    for (let i = 0; i < lines.length; ++i) run.write(lines[i]);
    run.close();
    runs.push(name);
    lines = readLines(input);
  }
  return runs;
}

function merge(runs: string[], output: Writer): void {
  const readers: Reader[] = [];
  const fronts: Uint8Array[] = [];
  for (let i = 0; i < runs.length; ++i) {
    readers.push(new Reader(runs[i]));
    fronts.push(readers[i].line());
  }
  for (;;) {
    let least = -1;
    for (let i = 0; i < fronts.length; ++i) {
      if (fronts[i].length == 0) continue;
      if (least < 0 || compare(fronts[i], fronts[least]) < 0) least = i;
    }
    if (least < 0) break;
    output.write(fronts[least]);
    fronts[least] = readers[least].line();
  }
  for (let i = 0; i < readers.length; ++i) readers[i].close();
}

export function sortLines(input: string, output: string): void {
  const reader = new Reader(input);
  const runs = writeRuns(reader, output);
  reader.close();
  const writer = new Writer(output + ".part");
  merge(runs, writer);
  writer.close();
  for (let i = 0; i < runs.length; ++i) remove(runs[i]);
  rename(output + ".part", output);
}
