//! Unsound neighbours of the engine's optimizations. Tests plant one at a time and show that it is found; without the feature
//! `planted` none of them exists.

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
        }
    };
}

bugs! {
    /// A handle that need not be checked is taken for the innermost one's.
    UncheckedIsInnermost,
    /// A region is still known to be the innermost one after a call.
    InnermostAfterCall,
    /// A region is still known to be the innermost one behind a structure in which others were opened or closed.
    InnermostAfterStructure,
    /// A region is still known to be the innermost one when a loop comes round.
    InnermostInLoop,
    /// A segment of a frame is taken to be live without looking at its region.
    FrameIsLive,
    /// Bytes are still known not to be free after something that may free them.
    LiveAfterFree,
    /// A fact is kept behind the arm that it was proven in.
    FactAfterArm,
    /// A fact about a local is kept after an assignment.
    FactAfterAssignment,
    /// A fact about a local that a loop assigns is kept when the loop begins.
    FactInLoop,
    /// A check is left out for one byte more than was checked.
    FactOneByteFurther,
    /// A check at an offset in a local is left out for one byte more than was checked.
    ReachOneByteFurther,
    /// Liveness of the bytes behind those that were checked is taken for granted.
    LiveFurther,
    /// Of checks that are put together the first one is asked about, not the one that goes furthest.
    GroupAsksFirst,
    /// Checks of a local are put together across an assignment.
    GroupAcrossAssignment,
    /// Checks are put together across calls and other effects.
    GroupAcrossEffects,
    /// The last index of a counted loop is taken to be one less.
    HoistEarlierLast,
    /// The last index of a counted loop with a step is taken to be a step less.
    HoistEarlierStep,
    /// A counted loop whose index starts beyond its bound is taken not to run.
    HoistIgnoresStart,
    /// A counted loop with a signed bound is taken for one with an unsigned one.
    HoistIgnoresSign,
    /// An access behind the place where the index moves is taken for one before it.
    HoistAfterStep,
    /// A bound that the loop assigns is taken for a constant one.
    HoistAssignedBound,
    /// A segment that the loop assigns is taken for a constant one.
    HoistAssignedSegment,
    /// Liveness is not asked about before a counted loop.
    HoistIgnoresLiveness,
    /// A loop that can be left in the middle is taken for one that cannot.
    HoistAcrossExit,
    /// A reference is not cast again after its local was assigned.
    CastAfterAssignment,
    /// An allocation joins a frame that began in an arm that was left.
    FrameAcrossArm,
    /// An allocation in a loop joins a frame that began before it.
    FrameAcrossLoop,
    /// An allocation joins a frame whose region was closed, or that is for one segment alone.
    FrameAfterClose,
    /// The parts of a packed segment are not kept anew when its local is assigned.
    PartsAfterAssignment,
    /// What a local holds as a segment of a frame is still known when a loop comes round.
    LocalInLoop,
    /// What a local holds as a segment of a frame is still known behind the arm that it was assigned in.
    LocalAfterArm,
    /// The sum of an offset and a number of bytes wraps around.
    BoundsWrap,
    /// A single byte right behind a segment is inside of it.
    BoundsOneByteFurther,
    /// A check looks at the first byte of an access, not at the last one, to see whether it is free.
    LiveFirstByte,
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Plants a bug in all that this thread lowers from now on, or none.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether a bug is planted.
#[cfg(feature = "planted")]
pub(crate) fn has(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether a bug is planted: never.
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
    /// The handle of the innermost region is not checked again.
    Innermost,
    /// Checks are left out if an earlier check proved what they ask.
    Proven,
    /// The checks of straight code become one.
    Group,
    /// The checks of a counted loop are made before it.
    Hoist,
    /// The parts of packed segments have locals of their own.
    Split,
}

impl Optimization {
    /// All of them.
    #[cfg(feature = "planted")]
    pub const ALL: &'static [Optimization] = &[
        Optimization::Frames,
        Optimization::Innermost,
        Optimization::Proven,
        Optimization::Group,
        Optimization::Hoist,
        Optimization::Split,
    ];
}

#[cfg(feature = "planted")]
thread_local! {
    static OFF: Cell<Option<Optimization>> = const { Cell::new(None) };
}

/// Turns an optimization off in all that this thread lowers from now on, or none.
#[cfg(feature = "planted")]
pub fn turn_off(optimization: Option<Optimization>) {
    OFF.set(optimization);
}

/// Whether an optimization is turned off.
#[cfg(feature = "planted")]
pub(crate) fn is_off(optimization: Optimization) -> bool {
    OFF.get() == Some(optimization)
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

/// Whether `--optimize size` lowers for size even if the module is then larger.
#[cfg(feature = "planted")]
pub(crate) fn is_always_for_size() -> bool {
    ALWAYS_FOR_SIZE.load(std::sync::atomic::Ordering::Relaxed)
}

/// Whether `--optimize size` lowers for size even if the module is then larger: never.
#[cfg(not(feature = "planted"))]
#[inline(always)]
pub(crate) const fn is_always_for_size() -> bool {
    false
}
