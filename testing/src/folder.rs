//! The environment of a program with a real WASI: arguments, variables, standard input, and directories on disk.

use linmem_host::wasmtime_wasi::p1::WasiP1Ctx;
use linmem_host::wasmtime_wasi::p2::pipe::MemoryInputPipe;
use linmem_host::wasmtime_wasi::{FsPerms, WasiCtxBuilder};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The environment that a program runs with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    /// The arguments, the first of which is the name of the program.
    pub args: Vec<String>,
    /// The variables of the environment, with their values.
    pub env: Vec<(String, String)>,
    /// The contents of standard input.
    pub stdin: String,
    /// The names of preopened directories, from descriptor 3 on. The first one is the folder, which contains
    ///
    /// ```text
    /// hello.txt      Hello, file! and a line feed
    /// sub/inner.txt  inner
    /// link           a symbolic link to hello.txt
    /// ```
    ///
    /// and each other one, for example the second, is a directory `2` in it, with a file `which.txt` that contains its name.
    pub directories: Vec<String>,
    /// Sparse files of zeros in the folder, with their sizes.
    pub files: Vec<(String, u64)>,
}

/// A world on disk. Its folder is removed when it is dropped.
#[derive(Debug, Default)]
pub struct Embedding {
    world: World,
    parent: PathBuf,
    folder: Option<PathBuf>,
}

impl Embedding {
    /// Makes the folder of a world below `parent`, if the world has directories.
    pub fn new(world: World, parent: impl Into<PathBuf>) -> Embedding {
        let parent = parent.into();
        let folder = (!world.directories.is_empty()).then(|| populate(&world, &parent));
        Embedding { world, parent, folder }
    }

    /// The same world, in its initial state.
    pub fn renewed(&self) -> Embedding {
        Embedding::new(self.world.clone(), &self.parent)
    }

    /// The context of WASI.
    pub fn context(&self) -> WasiP1Ctx {
        let mut builder = WasiCtxBuilder::new();
        builder.args(&self.world.args).envs(&self.world.env);
        builder.stdin(MemoryInputPipe::new(self.world.stdin.clone().into_bytes()));
        if let Some(folder) = &self.folder {
            for (number, name) in (1..).zip(&self.world.directories) {
                let path = if number == 1 { folder.clone() } else { folder.join(number.to_string()) };
                builder.preopened_dir(path, name, FsPerms::ReadWrite).expect("the directory is there");
            }
        }
        builder.build_p1()
    }
}

impl Drop for Embedding {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

fn populate(world: &World, parent: &Path) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = parent.join(format!("world-{}-{number}", std::process::id()));
    let write = |path: &str, text: &str| std::fs::write(folder.join(path), text).expect("a file can be written");
    std::fs::create_dir_all(folder.join("sub")).expect("a directory can be made");
    write("hello.txt", "Hello, file!\n");
    write("sub/inner.txt", "inner");
    #[cfg(unix)]
    std::os::unix::fs::symlink("hello.txt", folder.join("link")).expect("a link can be made");
    for (number, name) in (1..).zip(&world.directories).skip(1) {
        std::fs::create_dir_all(folder.join(number.to_string())).expect("a directory can be made");
        write(&format!("{number}/which.txt"), name);
    }
    for (name, bytes) in &world.files {
        let file = std::fs::File::create(folder.join(name)).expect("a file can be made");
        file.set_len(*bytes).expect("a sparse file of that size can be made");
    }
    folder
}
