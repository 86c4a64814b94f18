//! The functions of WASI: parameters and results, raw and lifted.
//!
//! A row of the table lists the parameters of the raw function without the pointers to its results, which come last in
//! the raw function. In the lifted form, one segment replaces a pointer and a length, or a list of iovecs, and results
//! are returned; [`Parameter`] and [`Returned`] describe the raw and the lifted form of each.

use crate::effects::{Effect, Effects};
use crate::operand::Operand;
use crate::value::{FunctionType, ValueType};
use crate::violation::Violation;
use crate::wasi::records::Record;

/// A parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// A file descriptor, an `i32`.
    Descriptor(&'static str),
    /// Any other number, an `i32`.
    Int(&'static str),
    /// Any number, an `i64`.
    Long(&'static str),
    /// Bytes that the host reads: raw, a pointer and a length; lifted, a segment.
    Text(&'static str),
    /// Bytes that the host writes: raw, a pointer and a length; lifted, a segment.
    Buffer(&'static str),
    /// Bytes to write: raw, a pointer to iovecs and their number; lifted, a segment.
    Gather,
    /// The target of a read: raw, a pointer to iovecs and their number; lifted, a segment.
    Scatter,
    /// Several records: raw, a pointer; lifted, a segment. The raw function has a separate parameter for their number.
    Many(Record),
    /// The number of records in the preceding segments: raw, an `i32`; lifted, it is computed from the segments' sizes.
    Items,
    /// The array of pointers to texts, or the texts: raw, a pointer, whose size only the host knows; lifted, a segment.
    Texts(&'static str),
    /// A record that the host writes: raw, a pointer; lifted, a segment.
    Out(Record),
}

impl Parameter {
    /// The number of parameters of the raw function that it stands for.
    pub const fn raw_count(self) -> usize {
        match self {
            Parameter::Text(_) | Parameter::Buffer(_) | Parameter::Gather | Parameter::Scatter => 2,
            _ => 1,
        }
    }

    /// The type of each of these parameters.
    pub const fn raw_type(self) -> ValueType {
        if matches!(self, Parameter::Long(_)) { ValueType::I64 } else { ValueType::I32 }
    }

    /// The operand of the lifted form, if there is one.
    pub const fn operand(self) -> Option<Operand> {
        match self {
            Parameter::Descriptor(word) | Parameter::Int(word) => Some(Operand::Int(word)),
            Parameter::Long(word) => Some(Operand::Long(word)),
            Parameter::Text(word) | Parameter::Buffer(word) | Parameter::Texts(word) => Some(Operand::Buffer(word)),
            Parameter::Gather | Parameter::Scatter => Some(Operand::Segment),
            Parameter::Many(record) => Some(Operand::Buffer(record.name())),
            Parameter::Out(record) => Some(Operand::Record(record)),
            Parameter::Items => None,
        }
    }
}

/// A result. The raw function writes it through a pointer, one of its last parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Returned {
    /// Two bytes in memory; lifted, an `i32`.
    Short(&'static str),
    /// Four bytes in memory; lifted, an `i32`.
    Int(&'static str),
    /// The number of bytes that the host transferred, an `i32`.
    Count,
    /// Eight bytes in memory; lifted, an `i64`.
    Long(&'static str),
}

impl Returned {
    /// The size in memory, in bytes.
    pub const fn bytes(self) -> u32 {
        match self {
            Returned::Short(_) => 2,
            Returned::Int(_) | Returned::Count => 4,
            Returned::Long(_) => 8,
        }
    }

    /// The result of the lifted form.
    pub const fn operand(self) -> Operand {
        match self {
            Returned::Short(word) | Returned::Int(word) => Operand::Int(word),
            Returned::Count => Operand::Count,
            Returned::Long(word) => Operand::Long(word),
        }
    }
}

/// The largest number of parameters in a row of the table.
const MAX_PARAMETERS: usize = 8;

/// The operands of a lifted form, and their number.
struct Lifted {
    operands: [Operand; MAX_PARAMETERS],
    count: usize,
}

impl Lifted {
    const fn of(parameters: &[Parameter]) -> Lifted {
        let mut lifted = Lifted { operands: [Operand::Segment; MAX_PARAMETERS], count: 0 };
        let mut position = 0;
        while position < parameters.len() {
            if let Some(operand) = parameters[position].operand() {
                lifted.operands[lifted.count] = operand;
                lifted.count += 1;
            }
            position += 1;
        }
        lifted
    }
}

macro_rules! functions {
    ($($name:ident, $word:literal, [$($parameter:expr),*], [$($returned:expr),*], $doc:literal;)+) => {
        /// A function of WASI preview 1.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Function {
            $(#[doc = concat!("`", $word, "`: ", $doc, ".")] $name,)+
        }

        impl Function {
            /// All functions, in alphabetical order.
            pub const ALL: &'static [Function] = &[$(Function::$name),+];

            /// The name of the raw function.
            pub const fn name(self) -> &'static str {
                match self { $(Function::$name => $word),+ }
            }

            /// The name of the lifted form.
            pub const fn lifted_name(self) -> &'static str {
                match self { $(Function::$name => concat!("wasi.", $word)),+ }
            }

            /// One line of documentation.
            pub const fn doc(self) -> &'static str {
                match self { $(Function::$name => $doc),+ }
            }

            /// The parameters, without the pointers to results.
            pub const fn parameters(self) -> &'static [Parameter] {
                use Parameter::*;
                match self { $(Function::$name => const { &[$($parameter),*] }),+ }
            }

            /// The results other than the errno. The raw function writes each through its own pointer; these pointers are
            /// its last parameters.
            pub const fn returned(self) -> &'static [Returned] {
                use Returned::*;
                match self { $(Function::$name => const { &[$($returned),*] }),+ }
            }

            /// The operands of the lifted form.
            pub const fn operands(self) -> &'static [Operand] {
                match self {
                    $(Function::$name => {
                        const LIFTED: &Lifted = &Lifted::of(Function::$name.parameters());
                        LIFTED.operands.split_at(LIFTED.count).0
                    })+
                }
            }

            /// The results of the lifted form.
            pub const fn results(self) -> &'static [Operand] {
                use Returned::*;
                if !self.has_errno() {
                    return &[];
                }
                match self { $(Function::$name => const { &[Operand::Errno $(, $returned.operand())*] }),+ }
            }
        }
    };
}

functions! {
    ArgsGet, "args_get", [Texts("argv"), Texts("texts")], [],
        "the addresses of the arguments, and their bytes, each followed by a NUL";
    ArgsSizesGet, "args_sizes_get", [], [Int("count"), Int("bytes")],
        "the number of arguments, and their total size in bytes";
    ClockResGet, "clock_res_get", [Int("clock")], [Long("resolution")],
        "the resolution of a clock, in nanoseconds; 0 is the realtime clock, 1 the monotonic clock";
    ClockTimeGet, "clock_time_get", [Int("clock"), Long("precision")], [Long("time")],
        "the time of a clock, in nanoseconds";
    EnvironGet, "environ_get", [Texts("environ"), Texts("texts")], [],
        "the addresses of the environment variables, and their bytes, each followed by a NUL";
    EnvironSizesGet, "environ_sizes_get", [], [Int("count"), Int("bytes")],
        "the number of environment variables, and their total size in bytes";
    FdAdvise, "fd_advise", [Descriptor("fd"), Long("offset"), Long("bytes"), Int("advice")], [],
        "advise the host how a part of a file will be used";
    FdAllocate, "fd_allocate", [Descriptor("fd"), Long("offset"), Long("bytes")], [],
        "reserve space for a part of a file";
    FdClose, "fd_close", [Descriptor("fd")], [],
        "close a descriptor";
    FdDatasync, "fd_datasync", [Descriptor("fd")], [],
        "flush the data of a file to its device";
    FdFdstatGet, "fd_fdstat_get", [Descriptor("fd"), Out(Record::Fdstat)], [],
        "the attributes of a descriptor";
    FdFdstatSetFlags, "fd_fdstat_set_flags", [Descriptor("fd"), Int("flags")], [],
        "set the flags of a descriptor";
    FdFdstatSetRights, "fd_fdstat_set_rights", [Descriptor("fd"), Long("base"), Long("inheriting")], [],
        "remove rights from a descriptor";
    FdFilestatGet, "fd_filestat_get", [Descriptor("fd"), Out(Record::Filestat)], [],
        "the attributes of an open file";
    FdFilestatSetSize, "fd_filestat_set_size", [Descriptor("fd"), Long("bytes")], [],
        "set the size of an open file";
    FdFilestatSetTimes, "fd_filestat_set_times", [Descriptor("fd"), Long("atim"), Long("mtim"), Int("flags")], [],
        "set the times of an open file";
    FdPread, "fd_pread", [Descriptor("fd"), Scatter, Long("offset")], [Count],
        "read into the segment at an offset of a file";
    FdPrestatGet, "fd_prestat_get", [Descriptor("fd"), Out(Record::Prestat)], [],
        "the attributes of a preopened directory";
    FdPrestatDirName, "fd_prestat_dir_name", [Descriptor("fd"), Buffer("name")], [],
        "the name of a preopened directory";
    FdPwrite, "fd_pwrite", [Descriptor("fd"), Gather, Long("offset")], [Count],
        "write the segment at an offset of a file";
    FdRead, "fd_read", [Descriptor("fd"), Scatter], [Count],
        "read into the segment with one host call, which may read fewer bytes";
    FdReaddir, "fd_readdir", [Descriptor("fd"), Buffer("entries"), Long("cookie")], [Count],
        "the entries of a directory, starting at a cookie; the last entry may be truncated";
    FdRenumber, "fd_renumber", [Descriptor("fd"), Descriptor("to")], [],
        "replace another descriptor by this one";
    FdSeek, "fd_seek", [Descriptor("fd"), Long("offset"), Int("whence")], [Long("offset")],
        "move the offset of a descriptor, relative to the start (0), the current offset (1) or the end (2)";
    FdSync, "fd_sync", [Descriptor("fd")], [],
        "flush the data and metadata of a file to its device";
    FdTell, "fd_tell", [Descriptor("fd")], [Long("offset")],
        "the offset of a descriptor";
    FdWrite, "fd_write", [Descriptor("fd"), Gather], [Count],
        "write the segment with one host call, which may write fewer bytes";
    PathCreateDirectory, "path_create_directory", [Descriptor("fd"), Text("path")], [],
        "create a directory";
    PathFilestatGet, "path_filestat_get",
        [Descriptor("fd"), Int("lookup"), Text("path"), Out(Record::Filestat)], [],
        "the attributes of a file";
    PathFilestatSetTimes, "path_filestat_set_times",
        [Descriptor("fd"), Int("lookup"), Text("path"), Long("atim"), Long("mtim"), Int("flags")], [],
        "set the times of a file";
    PathLink, "path_link",
        [Descriptor("old_fd"), Int("lookup"), Text("old_path"), Descriptor("new_fd"), Text("new_path")], [],
        "create a hard link";
    PathOpen, "path_open",
        [Descriptor("fd"), Int("lookup"), Text("path"), Int("oflags"), Long("base"), Long("inheriting"),
         Int("flags")], [Int("fd")],
        "open a file or a directory";
    PathReadlink, "path_readlink", [Descriptor("fd"), Text("path"), Buffer("target")], [Count],
        "the target of a symbolic link";
    PathRemoveDirectory, "path_remove_directory", [Descriptor("fd"), Text("path")], [],
        "remove an empty directory";
    PathRename, "path_rename", [Descriptor("fd"), Text("old_path"), Descriptor("new_fd"), Text("new_path")], [],
        "rename a file";
    PathSymlink, "path_symlink", [Text("target"), Descriptor("fd"), Text("path")], [],
        "create a symbolic link";
    PathUnlinkFile, "path_unlink_file", [Descriptor("fd"), Text("path")], [],
        "unlink a file";
    PollOneoff, "poll_oneoff", [Many(Record::Subscription), Many(Record::Event), Items], [Int("count")],
        "wait for an event; there must be room for as many events as there are subscriptions";
    ProcExit, "proc_exit", [Int("status")], [],
        "exit the program";
    ProcRaise, "proc_raise", [Int("signal")], [],
        "send a signal to the program";
    RandomGet, "random_get", [Buffer("bytes")], [],
        "fill the segment with random bytes";
    SchedYield, "sched_yield", [], [],
        "yield to other threads";
    SockAccept, "sock_accept", [Descriptor("fd"), Int("flags")], [Int("fd")],
        "accept a connection";
    SockRecv, "sock_recv", [Descriptor("fd"), Scatter, Int("flags")], [Count, Short("roflags")],
        "receive into the segment";
    SockSend, "sock_send", [Descriptor("fd"), Gather, Int("flags")], [Count],
        "send the segment";
    SockShutdown, "sock_shutdown", [Descriptor("fd"), Int("how")], [],
        "shut down one or both directions of a connection";
}

impl Function {
    /// The function with this raw name, if there is one.
    pub fn from_name(name: &str) -> Option<Function> {
        Function::ALL.iter().copied().find(|function| function.name() == name)
    }

    /// The type of the raw function.
    pub fn function_type(self) -> FunctionType {
        let mut params = Vec::new();
        for parameter in self.parameters() {
            params.extend(std::iter::repeat_n(parameter.raw_type(), parameter.raw_count()));
        }
        params.extend(self.returned().iter().map(|_| ValueType::I32));
        let results = if self.has_errno() { vec![ValueType::I32] } else { vec![] };
        FunctionType { params, results }
    }

    /// Whether the function returns an errno. The only function that does not, `proc_exit`, never returns.
    pub const fn has_errno(self) -> bool {
        !matches!(self, Function::ProcExit)
    }

    /// The violations that a use of the lifted form can cause.
    pub const fn violations(self) -> &'static [Violation] {
        use Violation::{Forged, OutOfBounds, OutOfMemory, UseAfterFree};
        let (mut segments, mut records, mut position) = (false, false, 0);
        let operands = self.operands();
        while position < operands.len() {
            segments |= operands[position].is_segment();
            records |= matches!(operands[position], Operand::Record(_));
            position += 1;
        }
        match (segments, records, self.needs_scratch()) {
            (_, true, _) => &[OutOfBounds, UseAfterFree, Forged],
            (true, false, true) => &[OutOfMemory, UseAfterFree, Forged],
            (true, false, false) => &[UseAfterFree, Forged],
            (false, false, true) => &[OutOfMemory],
            (false, false, false) => &[],
        }
    }

    /// What its lifted form does besides computing its results: it calls the host, and may grow the memory for what that takes.
    pub const fn effects(self) -> Effects {
        if self.needs_scratch() {
            Effects::of(&[Effect::Grows, Effect::CallsHost])
        } else {
            Effects::of(&[Effect::CallsHost])
        }
    }

    /// Whether the lifted form needs scratch memory, for iovecs or results.
    pub const fn needs_scratch(self) -> bool {
        let (parameters, mut position) = (self.parameters(), 0);
        while position < parameters.len() {
            if matches!(parameters[position], Parameter::Gather | Parameter::Scatter | Parameter::Texts(_)) {
                return true;
            }
            position += 1;
        }
        !self.returned().is_empty()
    }

    /// Whether the host reads or writes memory in a call of the function.
    pub fn uses_memory(self) -> bool {
        let is_number = |parameter: &Parameter| {
            matches!(parameter, Parameter::Descriptor(_) | Parameter::Int(_) | Parameter::Long(_))
        };
        !self.returned().is_empty() || !self.parameters().iter().all(is_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ValueType::{I32, I64};

    #[test]
    fn types_match_specification() {
        let ty = |name: &str| Function::from_name(name).map(Function::function_type);
        let errno = |params: &[ValueType]| Some(FunctionType::new(params, [I32]));
        assert_eq!(ty("fd_write"), errno(&[I32, I32, I32, I32]));
        assert_eq!(ty("fd_pread"), errno(&[I32, I32, I32, I64, I32]));
        assert_eq!(ty("fd_seek"), errno(&[I32, I64, I32, I32]));
        assert_eq!(ty("path_open"), errno(&[I32, I32, I32, I32, I32, I64, I64, I32, I32]));
        assert_eq!(ty("path_link"), errno(&[I32, I32, I32, I32, I32, I32, I32]));
        assert_eq!(ty("path_symlink"), errno(&[I32, I32, I32, I32, I32]));
        assert_eq!(ty("poll_oneoff"), errno(&[I32, I32, I32, I32]));
        assert_eq!(ty("sock_recv"), errno(&[I32, I32, I32, I32, I32, I32]));
        assert_eq!(ty("proc_exit"), Some(FunctionType::new([I32], [])));
        assert_eq!(ty("sched_yield"), errno(&[]));
        assert_eq!(Function::ALL.len(), 46);
    }

    #[test]
    fn lifted_forms_have_no_pointers() {
        assert_eq!(Function::PollOneoff.operands().len(), 2);
        assert_eq!(Function::PathOpen.operands().len(), 7);
        assert_eq!(Function::SockRecv.results(), [Operand::Errno, Operand::Count, Operand::Int("roflags")]);
        assert_eq!(Function::ProcExit.results(), []);
        assert!(!Function::SchedYield.uses_memory() && !Function::FdClose.uses_memory());
        assert!(Function::FdTell.uses_memory() && Function::PathUnlinkFile.uses_memory());
    }
}
