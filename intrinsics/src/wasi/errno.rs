//! The error numbers of WASI.

use std::fmt;

macro_rules! errnos {
    ($($name:ident = $code:literal, $word:literal, $doc:literal;)+) => {
        /// An error number; 0 is success.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Errno {
            $(#[doc = concat!("`", $word, "`: ", $doc, ".")] $name = $code,)+
        }

        impl Errno {
            /// All error numbers, in ascending order.
            pub const ALL: &'static [Errno] = &[$(Errno::$name),+];

            /// The name in the specification, in upper case as in C, without the prefix E.
            pub const fn name(self) -> &'static str {
                match self { $(Errno::$name => $word),+ }
            }

            /// A short description.
            pub const fn doc(self) -> &'static str {
                match self { $(Errno::$name => $doc),+ }
            }
        }
    };
}

errnos! {
    Success = 0, "SUCCESS", "no error";
    TooBig = 1, "2BIG", "argument list too long";
    Acces = 2, "ACCES", "permission denied";
    Addrinuse = 3, "ADDRINUSE", "address in use";
    Addrnotavail = 4, "ADDRNOTAVAIL", "address not available";
    Afnosupport = 5, "AFNOSUPPORT", "address family not supported";
    Again = 6, "AGAIN", "resource unavailable, or operation would block";
    Already = 7, "ALREADY", "connection already in progress";
    Badf = 8, "BADF", "bad file descriptor";
    Badmsg = 9, "BADMSG", "bad message";
    Busy = 10, "BUSY", "device or resource busy";
    Canceled = 11, "CANCELED", "operation canceled";
    Child = 12, "CHILD", "no child processes";
    Connaborted = 13, "CONNABORTED", "connection aborted";
    Connrefused = 14, "CONNREFUSED", "connection refused";
    Connreset = 15, "CONNRESET", "connection reset";
    Deadlk = 16, "DEADLK", "resource deadlock would occur";
    Destaddrreq = 17, "DESTADDRREQ", "destination address required";
    Dom = 18, "DOM", "argument out of the domain of a mathematical function";
    Dquot = 19, "DQUOT", "quota exceeded";
    Exist = 20, "EXIST", "file exists";
    Fault = 21, "FAULT", "bad address";
    Fbig = 22, "FBIG", "file too large";
    Hostunreach = 23, "HOSTUNREACH", "host is unreachable";
    Idrm = 24, "IDRM", "identifier removed";
    Ilseq = 25, "ILSEQ", "illegal byte sequence";
    Inprogress = 26, "INPROGRESS", "operation in progress";
    Intr = 27, "INTR", "interrupted";
    Inval = 28, "INVAL", "invalid argument";
    Io = 29, "IO", "input or output error";
    Isconn = 30, "ISCONN", "socket is connected";
    Isdir = 31, "ISDIR", "is a directory";
    Loop = 32, "LOOP", "too many levels of symbolic links";
    Mfile = 33, "MFILE", "too many open file descriptors";
    Mlink = 34, "MLINK", "too many links";
    Msgsize = 35, "MSGSIZE", "message too large";
    Multihop = 36, "MULTIHOP", "multihop attempted";
    Nametoolong = 37, "NAMETOOLONG", "file name too long";
    Netdown = 38, "NETDOWN", "network is down";
    Netreset = 39, "NETRESET", "connection aborted by the network";
    Netunreach = 40, "NETUNREACH", "network unreachable";
    Nfile = 41, "NFILE", "too many files open in the system";
    Nobufs = 42, "NOBUFS", "no buffer space available";
    Nodev = 43, "NODEV", "no such device";
    Noent = 44, "NOENT", "no such file or directory";
    Noexec = 45, "NOEXEC", "not an executable file";
    Nolck = 46, "NOLCK", "no locks available";
    Nolink = 47, "NOLINK", "link was severed";
    Nomem = 48, "NOMEM", "not enough memory";
    Nomsg = 49, "NOMSG", "no message of the desired type";
    Noprotoopt = 50, "NOPROTOOPT", "protocol not available";
    Nospc = 51, "NOSPC", "no space left on device";
    Nosys = 52, "NOSYS", "function not supported";
    Notconn = 53, "NOTCONN", "socket is not connected";
    Notdir = 54, "NOTDIR", "not a directory, or a symbolic link to one";
    Notempty = 55, "NOTEMPTY", "directory not empty";
    Notrecoverable = 56, "NOTRECOVERABLE", "state not recoverable";
    Notsock = 57, "NOTSOCK", "not a socket";
    Notsup = 58, "NOTSUP", "not supported";
    Notty = 59, "NOTTY", "not a terminal";
    Nxio = 60, "NXIO", "no such device or address";
    Overflow = 61, "OVERFLOW", "value too large to be stored";
    Ownerdead = 62, "OWNERDEAD", "previous owner died";
    Perm = 63, "PERM", "operation not permitted";
    Pipe = 64, "PIPE", "broken pipe";
    Proto = 65, "PROTO", "protocol error";
    Protonosupport = 66, "PROTONOSUPPORT", "protocol not supported";
    Prototype = 67, "PROTOTYPE", "protocol wrong type for socket";
    Range = 68, "RANGE", "result too large";
    Rofs = 69, "ROFS", "read-only file system";
    Spipe = 70, "SPIPE", "invalid seek";
    Srch = 71, "SRCH", "no such process";
    Stale = 72, "STALE", "stale file handle";
    Timedout = 73, "TIMEDOUT", "connection timed out";
    Txtbsy = 74, "TXTBSY", "text file busy";
    Xdev = 75, "XDEV", "cross-device link";
    Notcapable = 76, "NOTCAPABLE", "capabilities insufficient";
}

impl Errno {
    /// The numeric value.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The error number with this value, if there is one.
    pub fn from_code(code: u32) -> Option<Errno> {
        Errno::ALL.get(code as usize).copied()
    }
}

/// The name, the value and the description: `NOENT (44): no such file or directory`.
impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.name(), self.code(), self.doc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errno_values_are_dense() {
        for (position, errno) in (0..).zip(Errno::ALL) {
            assert_eq!(errno.code(), position);
            assert_eq!(Errno::from_code(position), Some(*errno));
        }
        assert_eq!(Errno::ALL.len(), 77);
        assert_eq!(Errno::from_code(77), None);
        assert_eq!(Errno::Noent.to_string(), "NOENT (44): no such file or directory");
    }
}
