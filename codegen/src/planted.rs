//! Unsound variants of the engine's optimizations. Tests plant one at a time and show that it is detected. Without the
//! feature `planted`, none of them exists.

#[cfg(feature = "planted")]
use std::cell::Cell;

macro_rules! bugs {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// A bug that can be planted.
        #[cfg_attr(not(feature = "planted"), expect(unreachable_pub, reason = "the module is public for tests alone"))]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Bug {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Bug {
            /// All of them.
            #[cfg(feature = "planted")]
            pub const ALL: &'static [Bug] = &[$(Bug::$name),+];

            /// Those in how exceptions close regions.
            #[cfg(feature = "planted")]
            pub const UNWIND: &'static [Bug] = &[
                Bug::UnwindForgetsCleanup,
                Bug::UnwindSkipsHandler,
                Bug::UnwindClosesLiveHandle,
                Bug::UnwindKeepsHeader,
                Bug::UnwindSkipsZeroing,
            ];

            /// Those in loops that reserve before they begin.
            #[cfg(feature = "planted")]
            pub const RESERVE: &'static [Bug] = &[
                Bug::ReserveFewerTrips,
                Bug::ReserveAssignedBound,
                Bug::ReserveIgnoresLast,
                Bug::ReserveFirstFrame,
                Bug::ReserveKeepsTop,
                Bug::ReserveBehindBranchBack,
            ];

            /// Those in static frames.
            #[cfg(feature = "planted")]
            pub const STATIC_FRAMES: &'static [Bug] = &[
                Bug::StaticFrameInLoop,
                Bug::StaticFrameIgnoresHost,
                Bug::StaticFrameMissesCycle,
                Bug::StaticFrameOverlaps,
                Bug::StaticFrameNotZeroed,
                Bug::StaticFrameThrownOver,
                Bug::StaticFrameIgnoresGiven,
                Bug::StaticFrameKeepsInner,
                Bug::StoresSwapped,
                Bug::StoresIgnoreOverlap,
                Bug::StoresIgnoreCode,
            ];

            /// Those in segments that are references and stay numbers.
            #[cfg(feature = "planted")]
            pub const NUMBERS: &'static [Bug] = &[Bug::NumbersSkipArm, Bug::NumbersKeepPart, Bug::NumbersUnassigned];

            /// Those in how regions are opened, allocated from and closed without checks.
            #[cfg(feature = "planted")]
            pub const REGIONS: &'static [Bug] = &[Bug::FrameReadsHandle, Bug::RoomNotRounded, Bug::TailReturnsOther];

            /// Those in copies between arrays and segments.
            #[cfg(feature = "planted")]
            pub const ARRAYS: &'static [Bug] = &[
                Bug::ArrayIndexWraps,
                Bug::ArrayBytesWrap,
                Bug::ArrayAddressUnchecked,
                Bug::ArrayInlineUnchecked,
                Bug::ArrayRoundLess,
            ];

            /// Those in how scopes of the library door close their regions. Exceptions close regions in both doors.
            #[cfg(feature = "planted")]
            pub const SCOPES: &'static [Bug] = &[
                Bug::UnwindKeepsHeader,
                Bug::UnwindSkipsZeroing,
                Bug::ScopeForgetsCleanup,
                Bug::ScopeSkipsHandler,
                Bug::ScopeClosesOuter,
                Bug::ScopeAfterGuardedCall,
                Bug::ScopeLabelOneLess,
                Bug::LandingForgetsScopes,
                Bug::ThrowForgetsScopes,
                Bug::JumpForgetsOutermost,
                Bug::TableClosesFewer,
            ];

            /// Those in the encoding and decoding of strings of JavaScript.
            #[cfg(feature = "planted")]
            pub const STRINGS: &'static [Bug] = &[
                Bug::StringPairLeavesRange,
                Bug::StringSizeOfPair,
                Bug::StringWritesPart,
                Bug::StringSplitsSequence,
            ];

            /// Those in the encoding and decoding of text.
            #[cfg(feature = "planted")]
            pub const TEXT: &'static [Bug] = &[
                Bug::TextMask,
                Bug::TextKeepsSurrogate,
                Bug::TextSizeOfPair,
                Bug::TextWritesPart,
                Bug::TextStagesFurther,
                Bug::TextOneByteEach,
                Bug::TextOverlong,
                Bug::TextDecodesSurrogate,
                Bug::TextKeepsGuess,
                Bug::TextRunToEnd,
                Bug::TextRunOfSurrogates,
                Bug::TextRunOverlong,
                Bug::TextRunContinues,
                Bug::TextGuessesPairs,
            ];
        }
    };
}

bugs! {
    /// A handle that need not be checked is assumed to be that of the innermost region.
    UncheckedIsInnermost,
    /// A region is still known to be innermost after a call.
    InnermostAfterCall,
    /// A region is still known to be innermost after a structure that opened or closed other regions.
    InnermostAfterStructure,
    /// A region is still known to be innermost when a loop repeats.
    InnermostInLoop,
    /// The check of a handle is removed from a loop that opens or closes regions.
    HandleAfterRepeat,
    /// A segment of a frame is assumed to be live without considering its region.
    FrameIsLive,
    /// Static data is assumed to have one byte more than it has.
    StaticOneByteFurther,
    /// Bytes are still known not to be free after an event that may free them.
    LiveAfterFree,
    /// A fact is kept after the end of the arm in which it was proved.
    FactAfterArm,
    /// A fact about a local is kept after an assignment.
    FactAfterAssignment,
    /// A fact about a local that a loop assigns is kept when the loop begins.
    FactInLoop,
    /// A check is omitted for one byte more than was checked.
    FactOneByteFurther,
    /// A check at an offset in a local is omitted for one byte more than was checked.
    ReachOneByteFurther,
    /// The bytes after those that were checked are assumed to be live.
    LiveFurther,
    /// The test of a group of checks uses the first check, not the one with the highest end.
    GroupAsksFirst,
    /// The single comparison of a group of checks at one address lets the access with the highest end reach one byte further.
    GroupComparesOneByteLess,
    /// Checks of a local are grouped across an assignment.
    GroupAcrossAssignment,
    /// Checks are grouped across calls and other effects.
    GroupAcrossEffects,
    /// The last index of a counted loop is assumed to be one less.
    HoistEarlierLast,
    /// The last index of a counted loop with a step is assumed to be one step less.
    HoistEarlierStep,
    /// A counted loop whose index starts beyond its bound is assumed not to run.
    HoistIgnoresStart,
    /// A counted loop with a signed comparison is treated as one with an unsigned comparison.
    HoistIgnoresSign,
    /// An access after the step of the index is treated as one before it.
    HoistAfterStep,
    /// A bound that the loop assigns is treated as constant.
    HoistAssignedBound,
    /// A segment that the loop assigns is treated as constant.
    HoistAssignedSegment,
    /// Liveness is not tested before a counted loop.
    HoistIgnoresLiveness,
    /// A loop with another exit is treated as one without.
    HoistAcrossExit,
    /// A loop that reserves before it begins is assumed to run once less.
    ReserveFewerTrips,
    /// A bound that a loop assigns is treated as constant when it reserves.
    ReserveAssignedBound,
    /// The last number is treated as any other bound of a loop that reserves.
    ReserveIgnoresLast,
    /// Of the frames of an iteration, a loop reserves the first one.
    ReserveFirstFrame,
    /// A loop that reserves does not move top.
    ReserveKeepsTop,
    /// A step or a comparison behind the branch back to the start bounds the iterations of a loop.
    ReserveBehindBranchBack,
    /// A reference is not cast again after its local was assigned.
    CastAfterAssignment,
    /// A segment is assumed to end at or below 2^32 after its address was assigned.
    FitsAfterAssignment,
    /// An allocation joins a frame that began in an arm that has ended.
    FrameAcrossArm,
    /// An allocation in a loop joins a frame that began before the loop.
    FrameAcrossLoop,
    /// An allocation joins a frame whose region was closed, or a frame of a single segment that no allocation may join.
    FrameAfterClose,
    /// A frame starts where the last region was opened, even if other memory was allocated in between.
    FrameReadsHandle,
    /// The size of an allocation is not rounded up.
    RoomNotRounded,
    /// A function returns the local that it assigned before it closed a region, whichever local it returns.
    TailReturnsOther,
    /// The kept parts of a packed segment are not updated when its local is assigned.
    PartsAfterAssignment,
    /// The second arm of an `if` whose result is numbers does not assign them.
    NumbersSkipArm,
    /// The constant size, or the region, of a segment that is numbers is not assigned with its start.
    NumbersKeepPart,
    /// A local is numbers although it may be read before it is assigned.
    NumbersUnassigned,
    /// The segment of a frame in a local is still known when a loop repeats.
    LocalInLoop,
    /// The segment of a frame in a local is still known after the end of the arm that assigned it.
    LocalAfterArm,
    /// The sum of an offset and a number of bytes wraps around.
    BoundsWrap,
    /// A byte immediately after a segment is treated as inside it.
    BoundsOneByteFurther,
    /// A liveness check tests the first byte of an access instead of the last one.
    LiveFirstByte,
    /// The sum of the index and the count of a range of an array wraps around.
    ArrayIndexWraps,
    /// The product of a count and the size of an element wraps around.
    ArrayBytesWrap,
    /// The range of the memory that elements are copied to is not checked.
    ArrayAddressUnchecked,
    /// The range of the array that a few elements are copied to is not checked.
    ArrayInlineUnchecked,
    /// The elements that are left after the unrolled loop are one fewer.
    ArrayRoundLess,
    /// A copy of a data segment is moved across code that may drop the data segment.
    ArrayDataAcrossCode,
    /// An allocation in a loop is part of a static frame although the region is opened before the loop.
    StaticFrameInLoop,
    /// Imported functions are assumed to call nothing back.
    StaticFrameIgnoresHost,
    /// Functions that call each other are assumed not to be entered again.
    StaticFrameMissesCycle,
    /// A static frame starts where the frame of its last caller ends, not that of the caller that ends last.
    StaticFrameOverlaps,
    /// A static frame is not zeroed.
    StaticFrameNotZeroed,
    /// A region is part of a static frame although an exception may leave the function while it is open.
    StaticFrameThrownOver,
    /// References to functions are assumed not to come from outside of the module.
    StaticFrameIgnoresGiven,
    /// A region is part of a static frame although closing it would free a region that is left open inside.
    StaticFrameKeepsInner,
    /// The halves of a merged store are swapped.
    StoresSwapped,
    /// Stores to the same bytes are sorted by their addresses.
    StoresIgnoreOverlap,
    /// Stores are merged although other code is between them.
    StoresIgnoreCode,
    /// A function that was built has static frames although its record is not exact.
    StaticFrameOfInexactRecord,
    /// An exception that leaves a function closes none of its regions.
    UnwindForgetsCleanup,
    /// The first handler of a function closes no region.
    UnwindSkipsHandler,
    /// A handler closes regions whose handles it reads.
    UnwindClosesLiveHandle,
    /// Exceptions close regions without unlinking their headers.
    UnwindKeepsHeader,
    /// Exceptions close regions without zeroing their memory.
    UnwindSkipsZeroing,
    /// The handler around a scope does not close its region.
    ScopeForgetsCleanup,
    /// The first scope of a function has no handler.
    ScopeSkipsHandler,
    /// The handler around a scope also closes the region of the scope around it.
    ScopeClosesOuter,
    /// A scope has no handler if a call in it precedes whose exceptions are all caught in the scope.
    ScopeAfterGuardedCall,
    /// A label counts one structure too few for each handler around a scope that it crosses.
    ScopeLabelOneLess,
    /// An exception that enters a handler outside of scopes does not close their regions.
    LandingForgetsScopes,
    /// A throw closes no region where exceptions close none.
    ThrowForgetsScopes,
    /// A jump out of several scopes does not close the region of the outermost one.
    JumpForgetsOutermost,
    /// A `br_table` whose targets leave different scopes closes those of the innermost target.
    TableClosesFewer,
    /// A unit from U+0080 to U+00FF is one byte of UTF-8.
    TextMask,
    /// A lone surrogate is encoded in UTF-8.
    TextKeepsSurrogate,
    /// The size of a surrogate pair is five bytes.
    TextSizeOfPair,
    /// Text is written to a segment without room for it.
    TextWritesPart,
    /// The second unit of a pair may be after the range of a string.
    StringPairLeavesRange,
    /// The units of a pair in a string are counted as two characters.
    StringSizeOfPair,
    /// A string is written to a segment without room for it.
    StringWritesPart,
    /// A chunk of text that becomes a string ends within a sequence.
    StringSplitsSequence,
    /// Units are staged in memory after the text.
    TextStagesFurther,
    /// Each byte of an ill-formed sequence is replaced.
    TextOneByteEach,
    /// A sequence that is too long is decoded.
    TextOverlong,
    /// A surrogate is decoded from UTF-8.
    TextDecodesSurrogate,
    /// The array of an ill-formed text has the length that it would have if it were well-formed.
    TextKeepsGuess,
    /// A run of units of three bytes is written as four bytes each, also at the end of the text.
    TextRunToEnd,
    /// A run of units of three bytes contains surrogates.
    TextRunOfSurrogates,
    /// A run of sequences of two bytes contains some that are too long.
    TextRunOverlong,
    /// The last byte of a run of sequences of three bytes is not tested.
    TextRunContinues,
    /// Sequences of four bytes are counted as one unit.
    TextGuessesPairs,
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Plants a bug in everything that this thread lowers from now on; `None` removes it.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether a bug is planted.
#[cfg(feature = "planted")]
pub(crate) fn has(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether a bug is planted: never without the feature.
#[cfg(not(feature = "planted"))]
#[inline(always)]
pub(crate) const fn has(_: Bug) -> bool {
    false
}

/// An optimization that tests can turn off, to show what it saves.
#[cfg_attr(not(feature = "planted"), expect(unreachable_pub, reason = "the module is public for tests alone"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Optimization {
    /// Allocations of a region share a bump.
    Frames,
    /// The first frame of a region and the opening of the region share one read of top.
    SharedTop,
    /// The size of an allocation in a loop is rounded once, if it is a parameter.
    Rooms,
    /// A local that is assigned before a region is closed, and returned after that, stays on the operand stack.
    Tail,
    /// The handle of the innermost region is not checked again.
    Innermost,
    /// Checks are left out if an earlier check proved what they ask.
    Proven,
    /// The checks of straight code become one.
    Group,
    /// The checks of a counted loop are made before it.
    Hoist,
    /// A loop compares top with limit once, before it begins.
    Reserve,
    /// The parts of packed segments have locals of their own.
    Split,
    /// Functions that only pass on to an intrinsic are lowered where they are called.
    Wrappers,
    /// Neighbouring stores of constants are merged.
    Stores,
    /// Segments that are references stay numbers in a function that they do not leave.
    Numbers,
}

impl Optimization {
    /// All of them.
    #[cfg(feature = "planted")]
    pub const ALL: &'static [Optimization] = &[
        Optimization::Frames,
        Optimization::SharedTop,
        Optimization::Rooms,
        Optimization::Tail,
        Optimization::Innermost,
        Optimization::Proven,
        Optimization::Group,
        Optimization::Hoist,
        Optimization::Reserve,
        Optimization::Split,
        Optimization::Wrappers,
        Optimization::Stores,
        Optimization::Numbers,
    ];
}

#[cfg(feature = "planted")]
thread_local! {
    static OFF: Cell<Option<Optimization>> = const { Cell::new(None) };
    static ALL_OFF: Cell<bool> = const { Cell::new(false) };
}

/// Turns all optimizations off in all that this thread lowers from now on, or on again.
#[cfg(feature = "planted")]
pub fn turn_all_off(off: bool) {
    ALL_OFF.set(off);
}

/// Turns an optimization off in all that this thread lowers from now on, or none.
#[cfg(feature = "planted")]
pub fn turn_off(optimization: Option<Optimization>) {
    OFF.set(optimization);
}

/// Whether an optimization is turned off.
#[cfg(feature = "planted")]
pub(crate) fn is_off(optimization: Optimization) -> bool {
    ALL_OFF.get() || OFF.get() == Some(optimization)
}

/// Whether an optimization is turned off: never.
#[cfg(not(feature = "planted"))]
#[inline(always)]
pub(crate) const fn is_off(_: Optimization) -> bool {
    false
}

#[cfg(feature = "planted")]
static ALWAYS_FOR_SIZE: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Makes `--optimize size` lower for size even if the module is then larger, so that tests see and run the code of small
/// programs.
#[cfg(feature = "planted")]
pub fn always_for_size() {
    ALWAYS_FOR_SIZE.store(true, std::sync::atomic::Ordering::Relaxed);
}

#[cfg(feature = "planted")]
thread_local! {
    static FOR_SIZE: Cell<bool> = const { Cell::new(false) };
}

/// Like [`always_for_size`], for this thread only, and until it is turned off.
#[cfg(feature = "planted")]
pub fn for_size(on: bool) {
    FOR_SIZE.set(on);
}

/// Whether `--optimize size` lowers for size even if the module is then larger.
#[cfg(feature = "planted")]
pub(crate) fn is_always_for_size() -> bool {
    FOR_SIZE.get() || ALWAYS_FOR_SIZE.load(std::sync::atomic::Ordering::Relaxed)
}

/// Whether `--optimize size` lowers for size even if the module is then larger: never.
#[cfg(not(feature = "planted"))]
#[inline(always)]
pub(crate) const fn is_always_for_size() -> bool {
    false
}
