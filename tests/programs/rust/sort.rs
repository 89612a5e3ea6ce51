//! Sorts the lines of a file by their bytes: runs of bounded size, merged through a heap.
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

const RUN_BYTES: usize = 512 * 1024;

/// One line with its newline; none at the end.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    Ok((input.read_until(b'\n', &mut line)? > 0).then(|| line))
}

fn write_run(lines: &mut [Vec<u8>], path: &Path) -> io::Result<()> {
    lines.sort_unstable();
    let mut out = BufWriter::new(File::create(path)?);
    for line in lines {
        out.write_all(line)?;
    }
    out.flush()
}

fn write_runs(input: &Path, scratch: &Path) -> io::Result<Vec<PathBuf>> {
    let mut input = BufReader::new(File::open(input)?);
    let mut runs = Vec::new();
    loop {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while bytes < RUN_BYTES {
            match read_line(&mut input)? {
                Some(line) => {
                    bytes += line.len();
                    lines.push(line);
                }
                None => break,
            }
        }
        if lines.is_empty() {
            return Ok(runs);
        }
        let path = scratch.join(runs.len().to_string());
        write_run(&mut lines, &path)?;
        runs.push(path);
    }
}

fn merge(runs: &[PathBuf], out: &mut impl Write) -> io::Result<()> {
    let mut readers = Vec::new();
    let mut fronts = BinaryHeap::new();
    for (index, run) in runs.iter().enumerate() {
        let mut reader = BufReader::new(File::open(run)?);
        fronts.extend(read_line(&mut reader)?.map(|line| Reverse((line, index))));
        readers.push(reader);
    }
    while let Some(Reverse((line, index))) = fronts.pop() {
        out.write_all(&line)?;
        fronts.extend(read_line(&mut readers[index])?.map(|line| Reverse((line, index))));
    }
    out.flush()
}

pub fn sort_lines(input: &Path, output: &Path) -> io::Result<()> {
    let scratch = output.with_extension("runs");
    fs::create_dir(&scratch)?;
    let runs = write_runs(input, &scratch)?;
    let partial = output.with_extension("part");
    merge(&runs, &mut BufWriter::new(File::create(&partial)?))?;
    fs::remove_dir_all(&scratch)?;
    fs::rename(&partial, output)
}
