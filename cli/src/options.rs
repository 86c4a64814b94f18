//! The command-line arguments, and the configuration that results from them.

use crate::units;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand};
use linmem::{
    Base, Config, HostFunction, Init, NameSection, Names, Nesting, OnViolation, Optimize, OutOfMemory, Safety, Setting,
    Share, SplitAddress, StaticData, StaticFrames, Unwind, Zero,
};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

/// Linear memory for compilers whose values live on a GC heap.
#[derive(Debug, Parser)]
#[command(name = "linmem", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Link a module and run it with WASI
    Run {
        #[command(flatten)]
        lowering: Lowering,
        #[command(flatten)]
        options: RunOptions,
        /// The module, in the binary or the text format (- is standard input), and the program's arguments, after -- if the
        /// first one looks like an option of linmem
        #[arg(required = true, trailing_var_arg = true, value_names = ["FILE", "ARGS"])]
        program: Vec<OsString>,
    },
    /// Lower every intrinsic of a module
    Link {
        #[command(flatten)]
        lowering: Lowering,
        /// The module, in the binary or the text format; - is standard input
        file: PathBuf,
        /// Where the linked module goes; - is standard output
        #[arg(short, long, value_name = "OUT")]
        output: PathBuf,
    },
    /// Print the lowered module in the text format
    Print {
        #[command(flatten)]
        lowering: Lowering,
        /// The module, in the binary or the text format; - is standard input
        file: PathBuf,
    },
    /// Report every finding about a module without running it
    Check {
        #[command(flatten)]
        lowering: Lowering,
        /// The module, in the binary or the text format; - is standard input
        file: PathBuf,
    },
    /// Show how a module uses its memories
    Layout {
        #[command(flatten)]
        lowering: Lowering,
        /// The module, in the binary or the text format; - is standard input
        file: PathBuf,
        /// Print JSON instead of a table
        #[arg(long, conflicts_with = "svg")]
        json: bool,
        /// Write a picture instead; - is standard output
        #[arg(long, value_name = "OUT")]
        svg: Option<PathBuf>,
    },
    /// List the intrinsics: names, types and descriptions
    Intrinsics,
}

/// What a program finds around it, and its limits.
#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    /// A directory that the program can access
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    pub(crate) directories: Vec<OsString>,
    /// A variable of the program's environment
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = OsStringValueParser::new().try_map(variable_bytes))]
    pub(crate) environment: Vec<(Vec<u8>, Vec<u8>)>,
    /// Call this exported function instead of _start, with ARGS as its arguments, and print its results, one per line. The
    /// export _initialize is called before it, if it exists
    #[arg(long, value_name = "NAME")]
    pub(crate) invoke: Option<String>,
    /// Stop the program and its threads after this time, in ms, s, m or h, and exit with status 124
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub(crate) timeout: Option<Duration>,
    /// How much memory the program may have, with KiB, MiB or GiB: all memories, tables and GC objects together. Growth beyond
    /// it fails
    #[arg(long, value_name = "BYTES", value_parser = units::bytes)]
    pub(crate) max_memory: Option<u64>,
}

/// How intrinsics are lowered.
#[derive(Debug, Args)]
pub(crate) struct Lowering {
    /// What is checked at run time: none, spatial, temporal
    #[arg(long, value_name = "LEVEL")]
    safety: Option<Safety>,
    /// Which regions can be open at the same time: stack, outermost, forbid
    #[arg(long, value_name = "POLICY", default_value_t)]
    nesting: Nesting,
    /// When memory is zeroed: never, allocate, free
    #[arg(long, value_name = "WHEN", default_value_t)]
    zero: Zero,
    /// Who closes a region if an exception makes its handle unreachable: program, release. With release, linmem closes the
    /// regions of a function whose handles only its locals hold, when an exception leaves the function or enters a handler
    /// that does not read the handle
    #[arg(long, value_name = "WAY", default_value_t)]
    unwind: Unwind,
    /// What an allocation does if there is no memory: trap, null
    #[arg(long, value_name = "WAY", default_value_t)]
    oom: OutOfMemory,
    /// What a violation does: trap, report [default: report for run, else trap]
    #[arg(long, value_name = "REACTION")]
    on_violation: Option<OnViolation>,
    /// Whether the regions of functions that cannot be entered again have fixed addresses: on, off
    #[arg(long, value_name = "CHOICE", default_value_t)]
    static_frames: StaticFrames,
    /// Reject a program that creates segments from addresses (requires segments that are references)
    #[arg(long)]
    sealed: bool,
    /// Use vector instructions where they are faster, for engines that support them
    #[arg(long)]
    simd: bool,
    /// Optimize for speed (inline fast paths) or for size (the fewest bytes)
    #[arg(long, value_name = "GOAL", default_value_t)]
    optimize: Optimize,
    /// The memory that segments are in: its export name, its import as name or module.name, its name, or its index
    /// [default: the one exported as memory, else the first]
    #[arg(long, value_name = "MEMORY")]
    memory: Option<String>,
    /// The start of linmem's part of a memory that the module has: an address, or global:NAME
    #[arg(long, value_name = "BASE")]
    base: Option<Base>,
    /// How linmem and the program share a memory that the module has: split, allocator:NAME[,PIN], trust [default: split
    /// if --split is given, or if the module defines a memory that is not shared between threads and contains memory.size or
    /// memory.grow of it; else trust]
    #[arg(long, value_name = "WAY")]
    share: Option<Share>,
    /// The address at which a memory is split, a multiple of 64KiB, with KiB, MiB or GiB; the program keeps the part below it.
    /// If the host refuses to grow that far, it is halved, unless there is static data [default: the maximum of the memory,
    /// else 2GiB, or 1GiB with static data]
    #[arg(long, value_name = "BYTES")]
    split: Option<SplitAddress>,
    /// The maximum number of pages of a memory that linmem defines or splits
    #[arg(long, value_name = "PAGES")]
    max_pages: Option<u32>,
    /// Nobody but linmem grows a memory that linmem defines, so that the code for further chunks is not needed. A growth after
    /// another by the host fails
    #[arg(long)]
    own_memory: bool,
    /// Export functions by which the host opens regions, allocates and closes them: linmem_open, linmem_allocate,
    /// linmem_close, and linmem_address and linmem_size if segments carry their size
    #[arg(long)]
    export_allocator: bool,
    /// Whether equal constants of static data share their bytes: shared, unshared. With unshared, a program can write to them
    #[arg(long = "static", value_name = "WAY", default_value_t)]
    static_data: StaticData,
    /// How data segments initialize the memory: auto; passive (a start function copies them, in an imported shared memory only
    /// in the first instance); image (the active segments of each memory are merged into one)
    #[arg(long, value_name = "WAY", default_value_t)]
    init: Init,
    /// Trace accesses and regions for an auditor. run prints what it finds: accesses of freed memory or outside of an
    /// allocation, regions that are closed twice or never
    #[arg(long)]
    trace: bool,
    /// The names in the name section: keep (those of the input, and linmem's), none, auto (keep if the input has a name
    /// section, else none)
    #[arg(long = "names", value_name = "WHICH", default_value_t)]
    name_section: NameSection,
    /// An alias of an intrinsic
    #[arg(long = "alias", value_name = "NAME=INTRINSIC", value_parser = variable)]
    aliases: Vec<(String, String)>,
    /// A name in the module `linmem` for a function of the host
    #[arg(long = "host", value_name = "NAME=MODULE:FUNCTION", value_parser = host)]
    hosts: Vec<(String, String, String)>,
}

impl Lowering {
    /// The configuration of the library. `on_violation` is the default of the command.
    pub(crate) fn config(&self, on_violation: OnViolation) -> Result<Config, String> {
        let mut names = Names::new();
        for (alias, intrinsic) in &self.aliases {
            names.alias_by_name(alias, intrinsic).map_err(|error| format!("--alias: {error}"))?;
        }
        for (name, module, function) in &self.hosts {
            let function = HostFunction { module: module.clone(), name: function.clone(), ty: None };
            names.host(name, function).map_err(|error| format!("--host: {error}"))?;
        }
        Ok(Config::new()
            .with_safety(self.safety)
            .with_nesting(self.nesting)
            .with_zero(self.zero)
            .with_unwind(self.unwind)
            .with_out_of_memory(self.oom)
            .with_on_violation(self.on_violation.unwrap_or(on_violation))
            .with_optimize(self.optimize)
            .with_static_frames(self.static_frames)
            .with_sealed(self.sealed)
            .with_simd(self.simd)
            .with_memory(self.memory.clone())
            .with_base(self.base.clone())
            .with_share(self.share.clone())
            .with_split(self.split)
            .with_max_pages(self.max_pages)
            .with_own_memory(self.own_memory)
            .with_export_allocator(self.export_allocator)
            .with_static_data(self.static_data)
            .with_init(self.init)
            .with_trace(self.trace)
            .with_name_section(self.name_section)
            .with_names(names))
    }
}

/// An option of the library as it is written on the command line.
pub(crate) fn flag(setting: &Setting) -> String {
    // The options that differ from the field in more than the hyphens have no errors.
    let name = setting.field().replace('_', "-");
    match setting.value() {
        Some(value) => format!("--{name} {value}"),
        None => format!("--{name}"),
    }
}

/// Splits the file and the arguments that follow it. A `--` directly after the file only separates them.
///
/// # Errors
///
/// If there is no file, or if an option of `run` directly follows it, since the program would receive the option.
pub(crate) fn split_program(program: &[OsString]) -> Result<(&OsStr, &[OsString]), String> {
    let (file, arguments) = program.split_first().ok_or("run requires a file")?;
    match arguments.split_first() {
        Some((first, arguments)) if first == "--" => Ok((file, arguments)),
        Some((first, _)) if first.to_str().is_some_and(is_option_of_run) => Err(format!(
            "`{}` follows the file `{}`: write an option of linmem before the file, or `--` before the program's arguments",
            first.display(),
            file.display()
        )),
        _ => Ok((file, arguments)),
    }
}

/// Whether an argument is a long option of `run`, with or without `=` and a value. `--help` is not one: after the file, it
/// can only be for the program.
fn is_option_of_run(argument: &str) -> bool {
    let Some(name) = argument.strip_prefix("--").and_then(|text| text.split('=').next()) else { return false };
    let command = Arguments::command();
    let run = command.find_subcommand("run");
    run.is_some_and(|run| run.get_arguments().any(|option| option.get_long() == Some(name)))
}

/// The name and the value of a variable. They are bytes, since they need not be UTF-8.
fn variable_bytes(text: OsString) -> Result<(Vec<u8>, Vec<u8>), String> {
    let bytes = text.as_encoded_bytes();
    match bytes.iter().position(|byte| *byte == b'=') {
        Some(end) if end > 0 => Ok((bytes[..end].to_vec(), bytes[end + 1..].to_vec())),
        _ => Err(format!("`{}` is not of the form NAME=VALUE", text.display())),
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_string(), value.to_string())),
        _ => Err(format!("`{text}` is not of the form NAME=VALUE")),
    }
}

fn host(text: &str) -> Result<(String, String, String), String> {
    let (name, target) = variable(text)?;
    match target.rsplit_once(':') {
        Some((linmem::MODULE, _)) => Err(format!("`{target}`: the module `linmem` cannot provide host functions")),
        Some((module, function)) if !module.is_empty() && !function.is_empty() => {
            Ok((name, module.to_string(), function.to_string()))
        }
        _ => Err(format!("`{target}` is not of the form MODULE:FUNCTION")),
    }
}
