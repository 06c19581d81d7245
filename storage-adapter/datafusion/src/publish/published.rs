//! What readers see.

use bones_snapshot::EventHash;
use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::col;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use futures::{StreamExt, TryStreamExt};
use lattice_core::{JoinSemilattice, Set};
use object_store::ObjectStoreExt;
use object_store::path::Path as StorePath;

use super::manifest::{Manifest, PublishedFile};
use super::{MANIFEST, PublishError};
use crate::column::Bytes;
use crate::hashes::decode_hashes;
use crate::place::Place;
use crate::schema;

/// A published result: exactly the files of its manifest, whatever else lies in the folder.
#[derive(Debug, Clone)]
pub struct Published {
    place: Place,
    manifest: Manifest,
}

impl Published {
    /// The result in a folder.
    ///
    /// # Errors
    ///
    /// [`PublishError::NotPublished`], [`PublishError::Manifest`], [`PublishError::Store`].
    pub async fn open(place: &Place) -> Result<Self, PublishError> {
        let found = Self::find(place).await?;
        found.ok_or_else(|| PublishError::NotPublished {
            place: place.to_string(),
        })
    }

    /// The result in a folder, if there is one.
    ///
    /// # Errors
    ///
    /// [`PublishError::Manifest`], [`PublishError::Store`].
    pub async fn find(place: &Place) -> Result<Option<Self>, PublishError> {
        let path = place.file(MANIFEST);
        let read = match place.store().get(&path).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => Err(error),
            Ok(file) => file.bytes().await,
        };
        let bytes = read.map_err(PublishError::store("read", &path))?;
        let manifest = Manifest::read(&bytes).map_err(|why| PublishError::Manifest {
            place: place.to_string(),
            why,
        })?;
        Ok(Some(Self {
            place: place.clone(),
            manifest,
        }))
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads every file and compares it with the manifest.
    ///
    /// # Errors
    ///
    /// [`PublishError::File`] on the first that differs, [`PublishError::Store`] on one that is not there.
    pub async fn check(&self) -> Result<(), PublishError> {
        for file in self.manifest.files() {
            let path = self.place.file(&file.path);
            let (bytes, blake3) = hash(&self.place, &path).await?;
            let differs = |what, expected, found| {
                let file = path.to_string();
                Err(PublishError::File {
                    file,
                    what,
                    expected,
                    found,
                })
            };
            if bytes != file.bytes {
                return differs("its size", file.bytes.to_string(), bytes.to_string());
            }
            if blake3 != file.blake3 {
                return differs("its BLAKE3", file.blake3.clone(), blake3);
            }
        }
        Ok(())
    }

    /// The snapshots as a table: columns of [`schema::snapshots`].
    ///
    /// # Errors
    ///
    /// That of the engine when files are not there or no Parquet.
    pub async fn snapshots(&self, ctx: &SessionContext) -> Result<DataFrame, PublishError> {
        self.table(ctx, &self.manifest.snapshots, &schema::snapshots())
            .await
    }

    /// The redactions that the result was made under.
    ///
    /// # Errors
    ///
    /// That of the engine when files are not there or no Parquet.
    pub async fn redactions(&self, ctx: &SessionContext) -> Result<Set<EventHash>, PublishError> {
        let files = &self.manifest.redactions;
        let table = self.table(ctx, files, &schema::redactions()).await?;
        let mut rows = table
            .select(vec![col("event_hash")])?
            .execute_stream()
            .await?;
        let mut all = Set::new();
        while let Some(batch) = rows.try_next().await? {
            for column in batch.columns() {
                let hashes = Bytes::of(column)?;
                for row in 0..batch.num_rows() {
                    let hash = decode_hashes(hashes.get(row).unwrap_or_default());
                    let hash = hash.map_err(|fault| fault.at("redactions", row));
                    all.join(hash.map_err(PublishError::engine)?);
                }
            }
        }
        Ok(all)
    }

    async fn table(
        &self,
        ctx: &SessionContext,
        files: &[PublishedFile],
        schema: &datafusion::arrow::datatypes::Schema,
    ) -> Result<DataFrame, PublishError> {
        if files.is_empty() {
            let none = datafusion::arrow::array::RecordBatch::new_empty(schema.clone().into());
            return Ok(ctx.read_batch(none)?);
        }
        self.place.register(ctx);
        let mut urls = Vec::with_capacity(files.len());
        for file in files {
            let url = self.place.join(&file.path);
            // The engine takes what ends with a slash for a folder.
            urls.push(url.url().as_str().trim_end_matches('/').to_owned());
        }
        let options = ParquetReadOptions::default().schema(schema);
        Ok(ctx.read_parquet(urls, options).await?)
    }
}

/// Reads a file, and says how long it is and what its BLAKE3 is.
pub(super) async fn hash(place: &Place, path: &StorePath) -> Result<(u64, String), PublishError> {
    let failed = || PublishError::store("read", path);
    let file = place.store().get(path).await.map_err(failed())?;
    let mut pieces = file.into_stream();
    let mut hasher = blake3::Hasher::new();
    while let Some(piece) = pieces.next().await {
        hasher.update(&piece.map_err(failed())?);
    }
    Ok((hasher.count(), hasher.finalize().to_hex().to_string()))
}
