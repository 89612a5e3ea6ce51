//! Names that share a file, and how errors look from Rust.
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// Makes a file with a second name and a symbolic link, changes it through each, and says what came of
/// it; leaves `copy`, `hard` and `soft` for the host to look at.
pub fn check(directory: &Path) -> io::Result<()> {
    let [first, hard, soft, copy] = ["first", "hard", "soft", "copy"].map(|name| directory.join(name));
    fs::write(&first, "one")?;
    fs::hard_link(&first, &hard)?;
    #[allow(deprecated)] // what replaces it is not stable for WASI
    fs::soft_link("hard", &soft)?;
    OpenOptions::new().append(true).open(&soft)?.write_all(b" two")?;
    let mut file = OpenOptions::new().read(true).write(true).open(&first)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    println!("through the link: {}", text);
    file.seek(SeekFrom::Start(8))?;
    file.write_all(b"three")?;
    file.sync_all()?;
    println!("with a hole: {:?}", fs::read(&hard)?);
    file.set_len(7)?;
    println!("copied: {}", fs::copy(&soft, &copy)?);
    fs::remove_file(&first)?;
    println!("soft is a link: {}", fs::symlink_metadata(&soft)?.file_type().is_symlink());
    check_errors(directory, &hard);
    check_time(&hard)
}

fn check_errors(directory: &Path, file: &Path) {
    let show = |what: &str, kind: Option<ErrorKind>| println!("{}: {:?}", what, kind);
    let mut exclusive = OpenOptions::new();
    exclusive.write(true).create_new(true);
    show("missing", fs::read(directory.join("missing")).err().map(|error| error.kind()));
    show("again", exclusive.open(file).err().map(|error| error.kind()));
    show("out", fs::write(directory.join("../../out"), "").err().map(|error| error.kind()));
    show("twice", fs::create_dir(directory).err().map(|error| error.kind()));
}

fn check_time(file: &Path) -> io::Result<()> {
    let (before, wait) = (Instant::now(), Duration::from_millis(20));
    std::thread::sleep(wait);
    println!("slept: {}", before.elapsed() >= wait);
    let age = SystemTime::now().duration_since(fs::metadata(file)?.modified()?);
    println!("written just now: {}", age.map_or(false, |age| age < Duration::from_secs(60)));
    Ok(())
}
