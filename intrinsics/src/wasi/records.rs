//! The records that the host reads and writes, with their fields.

use crate::access::Access;

macro_rules! records {
    ($($record:ident, $name:literal, $bytes:literal, $doc:literal {
        $($field:ident, $word:literal, $offset:literal, $access:ident, $about:literal;)+
    })+) => {
        /// A record in memory.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Record {
            $(#[doc = concat!("`", $name, "`: ", $doc, ".")] $record,)+
        }

        impl Record {
            /// All records.
            pub const ALL: &'static [Record] = &[$(Record::$record),+];

            /// The name in the specification.
            pub const fn name(self) -> &'static str {
                match self { $(Record::$record => $name),+ }
            }

            /// The size in bytes. The name of a directory entry follows the record and is not a part of it.
            pub const fn bytes(self) -> u32 {
                match self { $(Record::$record => $bytes),+ }
            }

            /// A short description.
            pub const fn doc(self) -> &'static str {
                match self { $(Record::$record => $doc),+ }
            }
        }

        /// A field of a record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Field {
            $($(#[doc = concat!("`", $word, "` of a `", $name, "`: ", $about, ".")] $field,)+)+
        }

        impl Field {
            /// All fields of all records.
            pub const ALL: &'static [Field] = &[$($(Field::$field),+),+];

            /// The record that contains the field.
            pub const fn record(self) -> Record {
                match self { $($(Field::$field => Record::$record),+),+ }
            }

            /// The name in the specification.
            pub const fn name(self) -> &'static str {
                match self { $($(Field::$field => $word),+),+ }
            }

            /// The name of the intrinsic that reads the field.
            pub const fn getter(self) -> &'static str {
                match self { $($(Field::$field => concat!("wasi.", $name, ".", $word)),+),+ }
            }

            /// The name of the intrinsic that writes the field; it exists only if [`is_set`](Field::is_set).
            pub const fn setter(self) -> &'static str {
                match self { $($(Field::$field => concat!("wasi.", $name, ".set_", $word)),+),+ }
            }

            /// The documentation of the intrinsic that reads the field.
            pub const fn getter_doc(self) -> &'static str {
                match self { $($(Field::$field => concat!("of a ", $name, ": ", $about)),+),+ }
            }

            /// The documentation of the intrinsic that writes the field.
            pub const fn setter_doc(self) -> &'static str {
                match self { $($(Field::$field => concat!("set, of a ", $name, ": ", $about)),+),+ }
            }

            /// The offset from the start of the record, in bytes.
            pub const fn offset(self) -> u32 {
                match self { $($(Field::$field => $offset),+),+ }
            }

            /// The access that reads the field. A write uses the signed access of the same width.
            pub const fn access(self) -> Access {
                match self { $($(Field::$field => Access::$access),+),+ }
            }
        }
    };
}

/// Passes the table of records and fields to the macro `$then`.
macro_rules! for_each_record {
    ($then:ident) => {
        $then! {
            Filestat, "filestat", 64, "the attributes of a file" {
                FilestatDevice, "dev", 0, Long, "the number of the device that has the file";
                FilestatInode, "ino", 8, Long, "the serial number of the file";
                FilestatType, "filetype", 16, UByte, "0 unknown, 1 block device, 2 character device, 3 directory, 4 regular file, \
                    5 datagram socket, 6 stream socket, 7 symbolic link";
                FilestatLinks, "nlink", 24, Long, "the number of hard links";
                FilestatSize, "size", 32, Long, "the size in bytes";
                FilestatAccessed, "atim", 40, Long, "when it was last read, in nanoseconds since 1970";
                FilestatModified, "mtim", 48, Long, "when its data last changed, in nanoseconds since 1970";
                FilestatChanged, "ctim", 56, Long, "when its status last changed, in nanoseconds since 1970";
            }
            Fdstat, "fdstat", 24, "the attributes of a file descriptor" {
                FdstatType, "filetype", 0, UByte, "the type of the file, as in a filestat";
                FdstatFlags, "flags", 2, UShort, "bits: 1 append, 2 dsync, 4 nonblock, 8 rsync, 16 sync";
                FdstatRights, "rights_base", 8, Long, "the rights, one bit for each function";
                FdstatInheriting, "rights_inheriting", 16, Long, "the rights of descriptors that are opened through it";
            }
            Prestat, "prestat", 8, "the attributes of a preopened directory" {
                PrestatTag, "tag", 0, UByte, "0 for a directory";
                PrestatName, "dir_name_len", 4, Int, "the size of its name in bytes";
            }
            Dirent, "dirent", 24, "an entry of a directory, followed by its name" {
                DirentNext, "next", 0, Long, "the cookie of the next entry";
                DirentInode, "ino", 8, Long, "the serial number of the file";
                DirentName, "namlen", 16, Int, "the size of its name in bytes";
                DirentType, "type", 20, UByte, "the type of the file, as in a filestat";
            }
            Subscription, "subscription", 48, "an event to wait for" {
                SubscriptionUserdata, "userdata", 0, Long, "a number that is copied to the event";
                SubscriptionTag, "tag", 8, UByte, "0 clock, 1 readable descriptor, 2 writable descriptor";
                SubscriptionClock, "clock_id", 16, Int, "the clock";
                SubscriptionTimeout, "timeout", 24, Long, "the absolute or relative timeout, in nanoseconds";
                SubscriptionPrecision, "precision", 32, Long, "the accepted delay, in nanoseconds";
                SubscriptionFlags, "clock_flags", 40, UShort, "1 if the time is absolute";
                SubscriptionDescriptor, "fd", 16, Int, "the descriptor";
            }
            Event, "event", 32, "an event that occurred" {
                EventUserdata, "userdata", 0, Long, "the number of the subscription";
                EventError, "error", 8, UShort, "an errno";
                EventType, "type", 10, UByte, "the type, as the tag of a subscription";
                EventBytes, "nbytes", 16, Long, "the number of bytes that can be transferred";
                EventFlags, "flags", 24, UShort, "1 if the other end was closed";
            }
            Iovec, "iovec", 8, "an element of the lists of buffers that the raw functions take" {
                IovecBuffer, "buf", 0, Int, "the address of the buffer";
                IovecBytes, "buf_len", 4, Int, "its size in bytes";
            }
            List, "list", 8, "the list of texts that `wasi.args` and `wasi.environ` make" {
                ListCount, "count", 0, Int, "the number of texts";
            }
        }
    };
}
pub(crate) use for_each_record;

for_each_record!(records);

impl Field {
    /// Whether the program can write the field, too: if the host reads the record.
    pub const fn is_set(self) -> bool {
        matches!(self.record(), Record::Subscription | Record::Iovec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn fields_fit_records_and_overlap_only_in_union() {
        for &field in Field::ALL {
            let end = field.offset() + field.access().bytes();
            assert!(end <= field.record().bytes(), "{}", field.getter());
            assert_eq!(field.offset() % field.access().bytes(), 0, "{} is not aligned", field.getter());
            for &other in Field::ALL.iter().filter(|other| other.record() == field.record() && **other > field) {
                let is_union = field == Field::SubscriptionClock && other == Field::SubscriptionDescriptor;
                assert!(end <= other.offset() || is_union || other.offset() < field.offset(), "{}", field.getter());
            }
        }
    }

    #[test]
    fn field_intrinsics_have_unique_names() {
        let names: BTreeSet<_> = Field::ALL.iter().flat_map(|field| [field.getter(), field.setter()]).collect();
        assert_eq!(names.len(), 2 * Field::ALL.len());
    }
}
