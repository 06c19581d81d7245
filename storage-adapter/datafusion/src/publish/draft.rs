//! What one attempt writes.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bones_snapshot::EventHash;
use datafusion::arrow::array::{FixedSizeBinaryBuilder, RecordBatch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::{DataFusionError, plan_datafusion_err};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::parquet::arrow::AsyncArrowWriter;
use futures::{StreamExt, TryStreamExt};
use lattice_core::Set;
use object_store::buffered::BufWriter;
use object_store::{PutMode, PutOptions, PutPayload};

use super::manifest::{Manifest, PublishedFile};
use super::{DRAFTS, MANIFEST, PublishError, REDACTIONS, SNAPSHOTS};
use crate::parquet_file::writer_properties;
use crate::place::Place;
use crate::publish::Published;
use crate::schema;

/// A file is ended when it is larger than this.
const FILE_BYTES: usize = 256 << 20;
/// Redactions in a row group.
const REDACTIONS_AT_ONCE: usize = 1 << 16;

/// The folder that one attempt at a result writes into, until it is published or left.
#[derive(Debug)]
pub struct Draft {
    /// Where the manifest will be.
    place: Place,
    name: String,
    folder: Place,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rows {
    /// Rows.
    pub rows: u64,
    /// Files.
    pub files: u64,
}

impl Draft {
    /// Begins an attempt under a name that no other attempt has.
    ///
    /// # Errors
    ///
    /// [`PublishError::Published`] when there is nothing left to do, [`PublishError::DraftExists`] when the name is taken.
    pub async fn begin(place: &Place, name: &str) -> Result<Self, PublishError> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(PublishError::DraftName { name: name.into() });
        }
        if Published::find(place).await?.is_some() {
            return Err(PublishError::Published {
                place: place.to_string(),
            });
        }
        let folder = place.join(DRAFTS).join(name);
        let mut files = place.store().list(Some(folder.folder()));
        if let Some(file) = files.next().await {
            file.map_err(PublishError::store("list", &folder))?;
            return Err(PublishError::DraftExists {
                place: place.to_string(),
                name: name.into(),
            });
        }
        drop(files);
        Ok(Self {
            place: place.clone(),
            name: name.into(),
            folder,
        })
    }

    /// Where files of snapshots belong, for engines that write them by themselves: each a Parquet file of
    /// [`schema::snapshots`].
    pub fn snapshots(&self) -> Place {
        self.folder.join(SNAPSHOTS)
    }

    /// Writes rows of [`schema::snapshots`] as they come, a row group in memory at a time.
    ///
    /// # Errors
    ///
    /// [`PublishError::Query`] when the query fails or gives other columns, [`PublishError::Store`].
    pub async fn write_snapshots(
        &self,
        mut rows: SendableRecordBatchStream,
    ) -> Result<Rows, PublishError> {
        let mut writer = Writer::new(self.snapshots(), schema::snapshots());
        while let Some(batch) = rows.next().await {
            writer.write(&batch?).await?;
        }
        writer.finish().await
    }

    /// Writes the redactions that the result was made under.
    ///
    /// # Errors
    ///
    /// [`PublishError::Store`].
    pub async fn write_redactions(
        &self,
        redactions: &Set<EventHash>,
    ) -> Result<Rows, PublishError> {
        let mut writer = Writer::new(self.folder.join(REDACTIONS), schema::redactions());
        for some in redactions.as_slice().chunks(REDACTIONS_AT_ONCE) {
            let mut hashes = FixedSizeBinaryBuilder::with_capacity(some.len(), 32);
            for hash in some {
                hashes.append_value(hash.0).map_err(PublishError::engine)?;
            }
            let batch = RecordBatch::try_new(schema::redactions(), vec![Arc::new(hashes.finish())]);
            writer.write(&batch.map_err(PublishError::engine)?).await?;
        }
        writer.finish().await
    }

    /// Makes the draft the result. Every file is read back and hashed, on local disks it is durable before the manifest is
    /// written, and so is the manifest before this returns.
    ///
    /// # Errors
    ///
    /// [`PublishError::Published`] when another attempt was first; its result stands. [`PublishError::Store`].
    pub async fn publish(self) -> Result<Manifest, PublishError> {
        let snapshots = self.files(SNAPSHOTS).await?;
        let redactions = self.files(REDACTIONS).await?;
        let manifest = Manifest::new(self.name.clone(), snapshots, redactions);
        for file in manifest.files() {
            self.sync(&file.path)?;
        }
        let json = serde_json::to_vec_pretty(&manifest);
        let json =
            json.map_err(|error| PublishError::engine(DataFusionError::External(error.into())))?;
        let create = PutOptions::from(PutMode::Create);
        let path = self.place.file(MANIFEST);
        let store = self.place.store();
        match store.put_opts(&path, PutPayload::from(json), create).await {
            Err(object_store::Error::AlreadyExists { .. }) => {
                return Err(PublishError::Published {
                    place: self.place.to_string(),
                });
            }
            put => put.map_err(PublishError::store("create", &path))?,
        };
        self.sync(MANIFEST)?;
        Ok(manifest)
    }

    /// Removes what the attempt wrote.
    ///
    /// # Errors
    ///
    /// [`PublishError::Store`]; nobody reads what is left.
    pub async fn discard(self) -> Result<(), PublishError> {
        let store = self.place.store();
        let files = store.list(Some(self.folder.folder()));
        let files = files.map_ok(|file| file.location).boxed();
        let removed: Result<Vec<_>, _> = store.delete_stream(files).try_collect().await;
        removed.map_err(PublishError::store("remove", &self.folder))?;
        Ok(())
    }

    /// The files in a folder of the draft, by name, each read and hashed.
    async fn files(&self, folder: &str) -> Result<Vec<PublishedFile>, PublishError> {
        let store = self.place.store();
        let place = self.folder.join(folder);
        let listed: Result<Vec<_>, _> = store.list(Some(place.folder())).try_collect().await;
        let mut files = Vec::new();
        for file in listed.map_err(PublishError::store("list", &place))? {
            let (bytes, blake3) = super::published::hash(&self.place, &file.location).await?;
            let names = file.location.prefix_match(self.place.folder());
            let names: Vec<_> = names.into_iter().flatten().collect();
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            files.push(PublishedFile {
                path: names.join("/"),
                bytes,
                blake3,
            });
        }
        files.sort();
        Ok(files)
    }

    /// Makes a file durable together with the folders it is in, up to that of the manifest. Other stores are durable when
    /// they acknowledge.
    fn sync(&self, path: &str) -> Result<(), PublishError> {
        let (Some(root), Some(file)) = (self.place.local_file(""), self.place.local_file(path))
        else {
            return Ok(());
        };
        let mut names: Vec<&Path> = file
            .ancestors()
            .take_while(|name| name.starts_with(&root))
            .collect();
        names.extend(root.parent());
        for name in names {
            let synced: io::Result<()> = File::open(name).and_then(|file| file.sync_all());
            synced.map_err(|error| PublishError::Store {
                action: "sync",
                file: name.display().to_string(),
                message: error.to_string(),
            })?;
        }
        Ok(())
    }
}

/// Writes batches to files of a folder, one after the other.
struct Writer {
    place: Place,
    schema: SchemaRef,
    open: Option<AsyncArrowWriter<BufWriter>>,
    written: Rows,
}

impl Writer {
    fn new(place: Place, schema: SchemaRef) -> Self {
        Self {
            place,
            schema,
            open: None,
            written: Rows::default(),
        }
    }

    async fn write(&mut self, batch: &RecordBatch) -> Result<(), PublishError> {
        let batch = self.conform(batch)?;
        let writer = match &mut self.open {
            Some(writer) => writer,
            closed => {
                let name = format!("part-{:05}.parquet", self.written.files);
                let store = Arc::clone(self.place.store());
                let file = BufWriter::new(store, self.place.file(&name));
                let properties = writer_properties().map_err(PublishError::engine)?;
                let writer =
                    AsyncArrowWriter::try_new(file, Arc::clone(&self.schema), Some(properties));
                self.written.files = self.written.files.saturating_add(1);
                closed.insert(writer.map_err(PublishError::engine)?)
            }
        };
        writer.write(&batch).await.map_err(PublishError::engine)?;
        self.written.rows = self.written.rows.saturating_add(batch.num_rows() as u64);
        if writer.bytes_written() > FILE_BYTES {
            self.end().await?;
        }
        Ok(())
    }

    /// The batch under the schema of the files; engines differ in what they know not to be null.
    fn conform(&self, batch: &RecordBatch) -> Result<RecordBatch, PublishError> {
        let mut columns = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            let column = batch.column_by_name(field.name()).ok_or_else(|| {
                plan_datafusion_err!("the rows to publish lack the column `{}`", field.name())
            })?;
            let column = datafusion::arrow::compute::cast(column, field.data_type());
            columns.push(column.map_err(PublishError::engine)?);
        }
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(PublishError::engine)
    }

    async fn end(&mut self) -> Result<(), PublishError> {
        if let Some(writer) = self.open.take() {
            writer.close().await.map_err(PublishError::engine)?;
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Rows, PublishError> {
        self.end().await?;
        Ok(self.written)
    }
}
