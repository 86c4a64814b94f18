//! The programs of the bench in Rust: the same algorithms and data structures, over the raw functions of WASI. It is compiled for
//! wasm32-unknown-unknown by the bench.

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn path_open(
        fd: i32,
        lookup: i32,
        path: *const u8,
        bytes: usize,
        oflags: i32,
        base: i64,
        inheriting: i64,
        flags: i32,
        opened: *mut i32,
    ) -> i32;
    fn fd_read(fd: i32, iovecs: *const Iovec, count: usize, bytes: *mut usize) -> i32;
    fn fd_write(fd: i32, iovecs: *const Iovec, count: usize, bytes: *mut usize) -> i32;
}

#[repr(C)]
struct Iovec {
    buffer: *const u8,
    bytes: usize,
}

/// The descriptor of the only preopened directory.
const FOLDER: i32 = 3;

/// `fd_read`, `fd_seek` and `fd_tell`.
const RIGHTS: i64 = 0b10_0110;

fn open(path: &str) -> i32 {
    let mut file = 0;
    let errno = unsafe { path_open(FOLDER, 1, path.as_ptr(), path.len(), 0, RIGHTS, 0, 0, &mut file) };
    assert_eq!(errno, 0);
    file
}

fn read(file: i32, block: &mut [u8]) -> usize {
    let iovec = Iovec { buffer: block.as_mut_ptr(), bytes: block.len() };
    let mut count = 0;
    assert_eq!(unsafe { fd_read(file, &iovec, 1, &mut count) }, 0);
    count
}

fn print(text: &str) {
    let iovec = Iovec { buffer: text.as_ptr(), bytes: text.len() };
    let mut count = 0;
    assert_eq!(unsafe { fd_write(1, &iovec, 1, &mut count) }, 0);
    assert_eq!(count, text.len());
}

/// Counts the lines, the words and the code points of the file.
#[unsafe(no_mangle)]
pub extern "C" fn count() {
    let mut block = vec![0; 65536];
    let file = open("text.txt");
    let (mut lines, mut words, mut points, mut was) = (0_u32, 0_u32, 0_u32, false);
    loop {
        let count = read(file, &mut block);
        if count == 0 {
            break;
        }
        for &byte in &block[..count] {
            lines += u32::from(byte == b'\n');
            points += u32::from(byte & 0xc0 != 0x80);
            let inside = byte != b' ' && byte.wrapping_sub(9) >= 5;
            words += u32::from(inside && !was);
            was = inside;
        }
    }
    print(&format!("{lines} {words} {points} "));
}

/// A word, how often it occurs, and the next word with the same place in the table.
struct Entry {
    word: Vec<u16>,
    hash: i32,
    count: i32,
    next: Option<usize>,
}

/// A hash map from words to entries.
struct Table {
    places: Vec<Option<usize>>,
    entries: Vec<Entry>,
}

impl Table {
    fn place(&self, hash: i32) -> usize {
        let rest = hash % self.places.len() as i32;
        (if rest < 0 { rest + self.places.len() as i32 } else { rest }) as usize
    }

    fn grow(&mut self) {
        self.places = vec![None; 2 * self.places.len()];
        for number in 0..self.entries.len() {
            let at = self.place(self.entries[number].hash);
            self.entries[number].next = self.places[at];
            self.places[at] = Some(number);
        }
    }

    fn add(&mut self, word: &[u16], hash: i32) {
        let mut at = self.place(hash);
        let mut next = self.places[at];
        while let Some(number) = next {
            let entry = &mut self.entries[number];
            if entry.hash == hash && entry.word == word {
                entry.count += 1;
                return;
            }
            next = entry.next;
        }
        if self.entries.len() == self.places.len() {
            self.grow();
            at = self.place(hash);
        }
        let next = self.places[at];
        self.places[at] = Some(self.entries.len());
        self.entries.push(Entry { word: word.to_vec(), hash, count: 1, next });
    }
}

fn is_space(unit: u16) -> bool {
    unit == u16::from(b' ') || (9..=13).contains(&unit)
}

/// Counts how often each word occurs, as the program `examples/words/count.words` does.
#[unsafe(no_mangle)]
pub extern "C" fn frequencies() {
    let file = open("text.txt");
    let mut bytes = Vec::new();
    let mut block = vec![0; 32768];
    loop {
        let count = read(file, &mut block);
        if count == 0 {
            break;
        }
        bytes.extend_from_slice(&block[..count]);
    }
    let text: Vec<u16> = String::from_utf8_lossy(&bytes).encode_utf16().collect();
    let mut table = Table { places: vec![None; 1024], entries: Vec::new() };
    let (mut words, mut lines, mut i) = (0, 0, 0);
    while i < text.len() {
        if is_space(text[i]) {
            lines += i32::from(text[i] == u16::from(b'\n'));
            i += 1;
        } else {
            let (from, mut hash) = (i, 0_i32);
            while i < text.len() && !is_space(text[i]) {
                hash = hash.wrapping_mul(31).wrapping_add(i32::from(text[i]));
                i += 1;
            }
            words += 1;
            table.add(&text[from..i], hash);
        }
    }
    print(&format!("{lines} lines, {words} words, {} different ones\n", table.entries.len()));
    table.entries.sort_by(|left, right| right.count.cmp(&left.count).then_with(|| left.word.cmp(&right.word)));
    for entry in table.entries.iter().take(10) {
        print(&format!("{} {}\n", entry.count, String::from_utf16_lossy(&entry.word)));
    }
}
