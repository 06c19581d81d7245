//! A folder with logs to fold, and the store to compare with.

use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use bones_snapshot::{FIELD_COMMENT, Order, SHARD_HEADER};
use storage_adapter::{
    BadLines, Batch, Export, FoldError, FoldOptions, FoldReport, ItemStore, fold_logs, is_export,
    read_log,
};
use tempfile::TempDir;

/// A folder of one test. Whatever is folded in it, nothing but the output comes to stand there.
pub(crate) struct Bench {
    dir: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes an events file.
    pub(crate) fn log(&self, name: &str, lines: &[String]) -> PathBuf {
        let text = format!("{SHARD_HEADER}\n{FIELD_COMMENT}\n{}\n", lines.join("\n"));
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Everything in the folder, with its bytes.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Option<Vec<u8>>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                found.push((path.clone(), fs::read(&path).ok()));
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found
    }

    /// Folds, with nothing but the output left in the folder afterwards.
    pub(crate) fn fold<S: Order>(
        &self,
        inputs: &[PathBuf],
        options: &FoldOptions,
    ) -> (Vec<u8>, FoldReport) {
        let output = self.path("output");
        let before = self.files();
        let report = fold::<S>(inputs, &output, options).unwrap();
        let bytes = fs::read(&output).unwrap();
        assert_eq!(report.bytes_out, bytes.len() as u64);
        assert!(report.peak_memory <= options.memory.max(1 << 20));
        fs::remove_file(output).unwrap();
        assert_eq!(self.files(), before);
        (bytes, report)
    }

    /// Fails to fold, with everything in the folder as it was.
    pub(crate) fn refuse<S: Order>(&self, inputs: &[PathBuf], options: &FoldOptions) -> FoldError {
        let before = self.files();
        let error = fold::<S>(inputs, &self.path("output"), options).unwrap_err();
        assert_eq!(self.files(), before, "{error}");
        error
    }
}

/// What a store exports that was told of all inputs.
pub(crate) fn expected<S: Order>(inputs: &[PathBuf]) -> Vec<u8> {
    let place = tempfile::tempdir().unwrap();
    let mut store = ItemStore::<S>::create(&place.path().join("store")).unwrap();
    for input in inputs {
        let batch = if is_export(input).unwrap() {
            Export::read(input).unwrap().into()
        } else {
            let log = read_log(input, BadLines::Skip, &mut |_| {}).unwrap();
            Batch {
                events: log.events,
                ..Batch::default()
            }
        };
        store.apply(batch, 1).unwrap();
    }
    let file = place.path().join("export");
    store.export().unwrap().write(&file).unwrap();
    fs::read(file).unwrap()
}

pub(crate) fn fold<S: Order>(
    inputs: &[PathBuf],
    output: &Path,
    options: &FoldOptions,
) -> Result<FoldReport, FoldError> {
    fold_logs::<S>(inputs, output, options, &mut |_| ControlFlow::Continue(()))
}

/// Options with so much memory, threads and partitions.
pub(crate) fn options(memory: u64, threads: usize, partitions: Option<usize>) -> FoldOptions {
    let mut options = FoldOptions::default();
    options.memory = memory;
    options.threads = NonZeroUsize::new(threads).unwrap();
    options.partitions = partitions.map(|n| NonZeroUsize::new(n).unwrap());
    options
}

/// As many threads as there may be: without the feature there is one.
pub(crate) fn threads(wanted: usize) -> usize {
    if cfg!(feature = "rayon") { wanted } else { 1 }
}
