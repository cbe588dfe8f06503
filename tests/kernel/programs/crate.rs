// Each call of the crate skerry_process (programs/rust), with itself as the program that is started: /work/crate.wasm.
use skerry_process::*;
use std::fs::File;
use std::io::{Read, Write};
use std::os::wasi::io::{AsRawFd, FromRawFd};

fn main() {
    if let Some(word) = std::env::args().nth(1) {
        if word == "spin" {
            loop {}
        }
        print!("{} {}", word, std::env::var("GREETING").unwrap());
        std::process::exit(3);
    }
    let [reading, writing] = pipe().unwrap();
    let folder = File::open("/work").unwrap();
    let start = |arguments: &[u8], processor_ns: u64| {
        let (path, environment) = (b"crate.wasm", b"GREETING=hello\0");
        let passes: Vec<Pass> =
            [0, writing, 2].iter().map(|&descriptor| Pass { descriptor, name: std::ptr::null(), name_size: 0 }).collect();
        let request = Request {
            directory: folder.as_raw_fd() as u32,
            path: path.as_ptr(),
            path_size: path.len() as u32,
            arguments: arguments.as_ptr(),
            arguments_size: arguments.len() as u32,
            environment: environment.as_ptr(),
            environment_size: environment.len() as u32,
            passes: passes.as_ptr(),
            pass_count: passes.len() as u32,
            flags: LIMITED,
            processor_ns,
            descriptors: 3,
            ..Request::EMPTY
        };
        unsafe { spawn(&request) }.unwrap()
    };

    let child = start(b"crate\0word\0", 0);
    let ended = wait(Some(child), Patience::Wait).unwrap();
    assert_eq!((ended.number, ended.how, ended.code), (child.get(), EXITED, 3));
    let spinning = start(b"crate\0spin\0", 0);
    assert_eq!(wait(None, Patience::Look).unwrap().number, 0);
    let mut buffer = [Process::EMPTY; 8];
    let seen = list(&mut buffer).unwrap().iter().find(|process| process.number == spinning.get()).unwrap();
    assert!(seen.parent == own_number().unwrap() && seen.name.starts_with(b"crate.wasm\0"));
    kill(spinning).unwrap();
    assert_eq!(wait(None, Patience::Wait).unwrap().how, KILLED);
    assert_eq!(kill(spinning), Err(Errno(71)));
    let limited = start(b"crate\0spin\0", 20_000_000);
    assert_eq!(wait(Some(limited), Patience::Wait).unwrap().how, TRAPPED);
    let memory = memory().unwrap();
    assert!(memory.free > 0 && memory.free < memory.total);
    interrupts(Interrupts::Tell).unwrap();

    drop(unsafe { File::from_raw_fd(writing as i32) });
    let mut said = String::new();
    unsafe { File::from_raw_fd(reading as i32) }.read_to_string(&mut said).unwrap();
    std::io::stdout().write_all(said.as_bytes()).unwrap();
}
