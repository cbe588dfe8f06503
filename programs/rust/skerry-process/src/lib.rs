//! Processes for programs in the kernel: the import module `skerry_process`, as docs/system-interface.md has it, and
//! programs/include/skerry/process.h for C. For a target of WASI preview 1, with or without the standard library.
//!
//! ```ignore
//! let program = b"bin/echo.wasm";
//! let request = Request { directory: 3, path: program.as_ptr(), path_size: program.len() as u32, ..Request::EMPTY };
//! // Sound as what the request points at lives as long as the call.
//! let child = unsafe { spawn(&request) }?;
//! let ended = wait(Some(child), Patience::Wait)?;
//! ```
//!
//! Every call answers an errno of WASI where it fails. A pointer outside of memory is a trap.

#![no_std]

use core::num::NonZeroU32;

/// An errno of WASI, which is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub u32);
pub type Result<T> = core::result::Result<T, Errno>;

/// What a child gets as its descriptor 0, 1, ...: one of the caller's.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Pass {
    pub descriptor: u32,
    /// A directory with a name is preopened under it; else `name_size` is 0.
    pub name: *const u8,
    pub name_size: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Request {
    /// A descriptor, in which the path begins.
    pub directory: u32,
    pub path: *const u8,
    pub path_size: u32,
    /// Texts, each with a zero byte behind it; the program's own name first.
    pub arguments: *const u8,
    pub arguments_size: u32,
    /// NAME=VALUE, likewise.
    pub environment: *const u8,
    pub environment_size: u32,
    pub passes: *const Pass,
    pub pass_count: u32,
    /// `LIMITED`, or 0: then the limits behind that of memory are not looked at.
    pub flags: u32,
    /// Limits. Each is at most its parent's, and 0 is as its parent has it. Bytes of all its memories together.
    pub memory: u64,
    /// Nanoseconds of processor time.
    pub processor_ns: u64,
    /// That it may have open at once.
    pub descriptors: u32,
    /// And theirs, that may be below it at once; `NO_CHILDREN`: none.
    pub children: u32,
}

pub const LIMITED: u32 = 1;
pub const NO_CHILDREN: u32 = u32::MAX;

impl Request {
    pub const EMPTY: Request = Request {
        directory: 0,
        path: core::ptr::null(),
        path_size: 0,
        arguments: core::ptr::null(),
        arguments_size: 0,
        environment: core::ptr::null(),
        environment_size: 0,
        passes: core::ptr::null(),
        pass_count: 0,
        flags: 0,
        memory: 0,
        processor_ns: 0,
        descriptors: 0,
        children: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Ended {
    /// 0: of those that were asked for none has ended yet.
    pub number: u32,
    /// `EXITED`, `TRAPPED` or `KILLED`.
    pub how: u32,
    /// Of `EXITED`: the status, 0 to 255.
    pub code: u32,
}

pub const EXITED: u32 = 0;
pub const TRAPPED: u32 = 1;
pub const KILLED: u32 = 2;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Process {
    pub number: u32,
    pub parent: u32,
    pub processor_ns: u64,
    /// Zeros behind it.
    pub name: [u8; 48],
}

impl Process {
    pub const EMPTY: Process = Process { number: 0, parent: 0, processor_ns: 0, name: [0; 48] };
}

/// Bytes of the machine.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    pub total: u64,
    pub free: u64,
}

// As in kernel/proc/calls.cpp, where pointers have 32 bits.
#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(core::mem::size_of::<Pass>() == 12);
    assert!(core::mem::size_of::<Request>() == 64);
    assert!(core::mem::size_of::<Ended>() == 12);
    assert!(core::mem::size_of::<Process>() == 64);
    assert!(core::mem::size_of::<Memory>() == 16);
};

mod imports {
    use super::{Ended, Memory, Process, Request};

    #[link(wasm_import_module = "skerry_process")]
    extern "C" {
        pub fn spawn(request: *const Request, number: *mut u32) -> u32;
        pub fn wait(number: u32, flags: u32, ended: *mut Ended) -> u32;
        pub fn kill(number: u32) -> u32;
        #[link_name = "self"]
        pub fn own_number(number: *mut u32) -> u32;
        pub fn pipe(descriptors: *mut u32) -> u32;
        pub fn memory(memory: *mut Memory) -> u32;
        pub fn list(buffer: *mut Process, count: u32, stored: *mut u32) -> u32;
        pub fn interrupts(mode: u32) -> u32;
    }
}

fn checked<T>(errno: u32, value: T) -> Result<T> {
    if errno == 0 { Ok(value) } else { Err(Errno(errno)) }
}

/// Starts a program; its number.
///
/// # Safety
/// What the request points at is readable, as many as it says.
pub unsafe fn spawn(request: &Request) -> Result<NonZeroU32> {
    let mut number = 0;
    let errno = imports::spawn(request, &mut number);
    NonZeroU32::new(number).filter(|_| errno == 0).ok_or(Errno(errno))
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    Wait = 0,
    /// Where none has ended, the answer's number is 0.
    Look = 1,
}

/// Of a child, or of any; it is gone then.
pub fn wait(child: Option<NonZeroU32>, patience: Patience) -> Result<Ended> {
    let mut ended = Ended::default();
    let errno = unsafe { imports::wait(child.map_or(0, NonZeroU32::get), patience as u32, &mut ended) };
    checked(errno, ended)
}

/// Ends the caller, a child, or what a child started.
pub fn kill(number: NonZeroU32) -> Result<()> {
    checked(unsafe { imports::kill(number.get()) }, ())
}

/// The caller's number.
pub fn own_number() -> Result<u32> {
    let mut number = 0;
    let errno = unsafe { imports::own_number(&mut number) };
    checked(errno, number)
}

/// Two descriptors: to read, to write.
pub fn pipe() -> Result<[u32; 2]> {
    let mut descriptors = [0; 2];
    let errno = unsafe { imports::pipe(descriptors.as_mut_ptr()) };
    checked(errno, descriptors)
}

pub fn memory() -> Result<Memory> {
    let mut memory = Memory::default();
    let errno = unsafe { imports::memory(&mut memory) };
    checked(errno, memory)
}

/// As many processes that have not ended as the buffer holds.
pub fn list(buffer: &mut [Process]) -> Result<&[Process]> {
    let mut stored = 0;
    let errno = unsafe { imports::list(buffer.as_mut_ptr(), buffer.len() as u32, &mut stored) };
    checked(errno, &buffer[..stored as usize])
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Interrupts {
    /// Ctrl-C ends the caller.
    End = 0,
    /// Its waits fail with EINTR.
    Tell = 1,
}

/// What Ctrl-C does while the caller is who it is meant for.
pub fn interrupts(mode: Interrupts) -> Result<()> {
    checked(unsafe { imports::interrupts(mode as u32) }, ())
}
