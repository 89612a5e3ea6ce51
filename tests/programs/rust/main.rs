//! What tests/programs/README.md asks of every program, in Rust over its standard library.
mod links;
mod sort;

use std::fs;
use std::io::{self, Write};
use std::path::Path;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["sort", input, output] => sort::sort_lines(Path::new(input), Path::new(output)),
        ["walk", top] => walk(Path::new(top), Path::new(top), &mut io::stdout().lock()),
        ["tidy", top] => tidy(Path::new(top)),
        ["reach", ref paths @ ..] => reach(paths),
        ["links", directory] => links::check(Path::new(directory)),
        _ => {
            eprintln!("usage: sort IN OUT | walk DIR | tidy DIR | reach PATH... | links DIR");
            std::process::exit(2);
        }
    };
    if let Err(error) = done {
        eprintln!("{}: {}", args[0], error);
        std::process::exit(1);
    }
}

fn reach(paths: &[&str]) -> io::Result<()> {
    for path in paths {
        let opened = fs::File::open(path).is_ok();
        println!("{}: {}", path, if opened { "open" } else { "refused" });
    }
    Ok(())
}

fn walk(top: &Path, directory: &Path, out: &mut impl Write) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        let below = path.strip_prefix(top).expect("what is in a directory").display();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            writeln!(out, "d {}", below)?;
            walk(top, &path, out)?;
        } else if kind.is_symlink() {
            writeln!(out, "l {} -> {}", below, fs::read_link(&path)?.display())?;
        } else {
            writeln!(out, "f {} {}", entry.metadata()?.len(), below)?;
        }
    }
    Ok(())
}

fn tidy(top: &Path) -> io::Result<()> {
    let kinds = top.join("by-kind");
    fs::create_dir(&kinds)?;
    let (mut moved, mut removed) = (0, 0);
    for entry in fs::read_dir(top)?.collect::<io::Result<Vec<_>>>()? {
        let path = entry.path();
        if path == kinds {
            continue;
        }
        if !entry.file_type()?.is_dir() {
            put_away(&path, &kinds)?;
            moved += 1;
            continue;
        }
        let (files, directories) = empty_out(&path, &kinds)?;
        moved += files;
        removed += directories + 1;
        fs::remove_dir_all(&path)?;
    }
    println!("moved {}, removed {}", moved, removed);
    Ok(())
}

/// Moves the files below `directory`; returns how many there were, and how many directories.
fn empty_out(directory: &Path, kinds: &Path) -> io::Result<(u32, u32)> {
    let (mut files, mut directories) = (0, 0);
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            let (more_files, more_directories) = empty_out(&entry.path(), kinds)?;
            files += more_files;
            directories += more_directories + 1;
        } else {
            put_away(&entry.path(), kinds)?;
            files += 1;
        }
    }
    Ok((files, directories))
}

fn put_away(path: &Path, kinds: &Path) -> io::Result<()> {
    let kind = kinds.join(path.extension().unwrap_or_else(|| "none".as_ref()));
    fs::create_dir_all(&kind)?;
    fs::rename(path, kind.join(path.file_name().expect("a file's name")))
}
