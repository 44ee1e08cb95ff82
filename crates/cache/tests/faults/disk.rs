//! A disk that can lose power: what programs see of its files, and what would be left of them.
//!
//! Every file has a current and a durable image and the changes between the two; a sync carries them over. Names are
//! durable apart from contents, as in a journalling file system: a new or deleted name survives once its folder was
//! synced. **The model's limits:** a sync is a true barrier, and sectors that were not written stay as they are.

use crate::chance::Chance;
use std::{collections::BTreeMap, sync::Arc};

/// What a disk writes at once, or not at all unless it is torn.
const SECTOR: usize = 512;

/// The contents of a disk by name. Shared, as most files of most images are equal and only read.
pub(crate) type Image = BTreeMap<String, Arc<Vec<u8>>>;

/// Something that is done to a disk. Files are numbered in the order in which they came to be.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Create {
        name: String,
    },
    Delete {
        name: String,
        folder: bool,
    },
    Write {
        file: usize,
        at: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        file: usize,
        length: usize,
    },
    /// `folder`: its names become durable too.
    Sync {
        file: usize,
        folder: bool,
    },
}

/// What the cut leaves of the changes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Survival {
    None,
    All,
    /// Any of the sectors, of any of their versions.
    Sectors,
    /// The same, and some are half old and half new, or half new and half junk.
    Torn,
}

#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate { length: usize },
}

#[derive(Clone, Debug, Default)]
struct File {
    current: Arc<Vec<u8>>,
    durable: Arc<Vec<u8>>,
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
enum NameChange {
    Create { name: String, file: usize },
    Delete { name: String },
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    unsynced_names: Vec<NameChange>,
}

impl Disk {
    /// A disk at rest.
    pub(crate) fn new(image: Image) -> Self {
        let mut disk = Self::default();
        for (name, bytes) in image {
            disk.names.insert(name, disk.files.len());
            disk.files.push(File { current: bytes.clone(), durable: bytes, unsynced: Vec::new() });
        }
        disk.durable_names = disk.names.clone();
        disk
    }

    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// What programs read.
    pub(crate) fn content(&self, file: usize) -> &[u8] {
        &self.files[file].current
    }

    /// Everything as programs see it.
    pub(crate) fn image(&self) -> Image {
        self.names.iter().map(|(name, file)| (name.clone(), self.files[*file].current.clone())).collect()
    }

    /// Number of files that ever were; the next one gets it.
    pub(crate) fn files(&self) -> usize {
        self.files.len()
    }

    pub(crate) fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::Create { name } => {
                let file = self.files.len();
                self.files.push(File::default());
                self.names.insert(name.clone(), file);
                self.unsynced_names.push(NameChange::Create { name: name.clone(), file });
            }
            Operation::Delete { name, folder } => {
                self.names.remove(name);
                self.unsynced_names.push(NameChange::Delete { name: name.clone() });
                if *folder {
                    self.sync_names();
                }
            }
            Operation::Write { file, at, bytes } => {
                self.files[*file].change(Change::Write { at: *at, bytes: bytes.clone() });
            }
            Operation::Truncate { file, length } => {
                self.files[*file].change(Change::Truncate { length: *length });
            }
            Operation::Sync { file, folder } => {
                self.files[*file].sync();
                if *folder {
                    self.sync_names();
                }
            }
        }
    }

    fn sync_names(&mut self) {
        self.durable_names.clone_from(&self.names);
        self.unsynced_names.clear();
    }

    /// What is found when the power comes back.
    pub(crate) fn survive(&self, survival: Survival, chance: &mut Chance) -> Image {
        let mut names = self.durable_names.clone();
        let kept = match survival {
            Survival::None => 0,
            Survival::All => self.unsynced_names.len(),
            // A journal of names loses its end, never its middle.
            Survival::Sectors | Survival::Torn => chance.below(self.unsynced_names.len() + 1),
        };
        for change in &self.unsynced_names[..kept] {
            match change {
                NameChange::Create { name, file } => names.insert(name.clone(), *file),
                NameChange::Delete { name } => names.remove(name),
            };
        }
        names.into_iter().map(|(name, file)| (name, self.files[file].survive(survival, chance))).collect()
    }
}

impl File {
    fn change(&mut self, change: Change) {
        change.apply(Arc::make_mut(&mut self.current));
        self.unsynced.push(change);
    }

    fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            change.apply(Arc::make_mut(&mut self.durable));
        }
    }

    fn survive(&self, survival: Survival, chance: &mut Chance) -> Arc<Vec<u8>> {
        let torn = match survival {
            _ if self.unsynced.is_empty() => return self.durable.clone(),
            Survival::None => return self.durable.clone(),
            Survival::All => return self.current.clone(),
            Survival::Sectors => false,
            Survival::Torn => true,
        };
        let mut left = self.durable.to_vec();
        // Now most of it was on its way to the disk, now hardly anything.
        let (kept, of) = [(1, 8), (1, 2), (7, 8)][chance.below(3)];
        for change in &self.unsynced {
            change.apply_partly(&mut left, chance, torn, |chance| chance.below(of) < kept);
        }
        Arc::new(left)
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => write(content, *at, bytes),
            Self::Truncate { length } => content.resize(*length, 0),
        }
    }

    /// Sectors of a change that `keep` picks. Where a later version of a sector is left out an earlier one stands, so
    /// that sectors seem to have been written in any order.
    fn apply_partly(
        &self,
        content: &mut Vec<u8>,
        chance: &mut Chance,
        torn: bool,
        keep: impl Fn(&mut Chance) -> bool,
    ) {
        match self {
            Self::Truncate { .. } => {
                if keep(chance) {
                    self.apply(content);
                }
            }
            Self::Write { at, bytes } => {
                let (mut at, mut rest) = (*at, bytes.as_slice());
                while !rest.is_empty() {
                    let (piece, behind) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
                    if keep(chance) {
                        write_piece(content, at, piece, chance, torn);
                    }
                    (at, rest) = (at + piece.len(), behind);
                }
            }
        }
    }
}

fn write_piece(content: &mut Vec<u8>, at: usize, piece: &[u8], chance: &mut Chance, torn: bool) {
    if !(torn && chance.one_in(4)) {
        return write(content, at, piece);
    }
    let cut = chance.below(piece.len());
    match chance.below(3) {
        0 => write(content, at, &piece[..cut]),
        1 => write(content, at + cut, &piece[cut..]),
        _ => {
            let junk = chance.bytes::<SECTOR>();
            write(content, at, &piece[..cut]);
            write(content, at + cut, &junk[..piece.len() - cut]);
        }
    }
}

fn write(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if content.len() < at {
        content.resize(at, 0);
    }
    let (inside, behind) = bytes.split_at(bytes.len().min(content.len() - at));
    content[at..at + inside.len()].copy_from_slice(inside);
    // Without filling with zeros first, which takes long in a debug build.
    content.extend_from_slice(behind);
    debug_assert!(content.len() >= end);
}

#[test]
fn what_was_synced_survives_and_what_was_not_may_be_lost() {
    let mut chance = Chance::new(1);
    let mut disk = Disk::default();
    disk.apply(&Operation::Create { name: "a".to_owned() });
    disk.apply(&Operation::Write { file: 0, at: 0, bytes: vec![1; 2 * SECTOR] });
    assert_eq!(disk.survive(Survival::None, &mut chance), Image::new());
    disk.apply(&Operation::Sync { file: 0, folder: true });
    disk.apply(&Operation::Write { file: 0, at: SECTOR, bytes: vec![2; SECTOR] });
    let before = [vec![1; SECTOR], vec![1; SECTOR]].concat();
    let after = [vec![1; SECTOR], vec![2; SECTOR]].concat();
    assert_eq!(*disk.survive(Survival::None, &mut chance)["a"], before);
    assert_eq!(*disk.survive(Survival::All, &mut chance)["a"], after);
    let mut seen = (false, false, false);
    for _ in 0..200 {
        let whole = &disk.survive(Survival::Sectors, &mut chance)["a"];
        assert!(**whole == before || **whole == after);
        let torn = &disk.survive(Survival::Torn, &mut chance)["a"];
        assert_eq!(torn[..SECTOR], before[..SECTOR]);
        let both = **torn != before && **torn != after;
        seen = (seen.0 || **whole == before, seen.1 || **whole == after, seen.2 || both);
    }
    assert_eq!(seen, (true, true, true));
}

#[test]
fn a_deleted_file_may_come_back_until_its_folder_is_synced() {
    let mut chance = Chance::new(1);
    let mut disk = Disk::new(Image::from([("a".to_owned(), Arc::new(vec![1]))]));
    disk.apply(&Operation::Delete { name: "a".to_owned(), folder: false });
    assert_eq!(disk.find("a"), None);
    assert_eq!(*disk.survive(Survival::None, &mut chance)["a"], [1]);
    assert_eq!(disk.survive(Survival::All, &mut chance), Image::new());
    disk.apply(&Operation::Delete { name: "b".to_owned(), folder: true });
    assert_eq!(disk.survive(Survival::None, &mut chance), Image::new());
}
