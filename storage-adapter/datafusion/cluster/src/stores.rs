//! Where URLs lead: the same places for client, scheduler and executors.
//!
//! A plan names its files by URL, and each of the three reads them by its own means. So a store is found from the URL
//! and the environment of the process alone, never from what a client registered.

use std::path::Path;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use object_store::ObjectStore;
use url::Url;

/// A runtime that finds stores by URL and spills into a folder.
pub(crate) fn runtime(spill_dir: &Path) -> Result<Arc<RuntimeEnv>> {
    RuntimeEnvBuilder::new()
        .with_temp_file_path(spill_dir)
        .with_object_store_registry(Arc::new(Stores::default()))
        .build_arc()
}

/// A runtime for who plans and does not run.
pub(crate) fn planning_runtime() -> Result<Arc<RuntimeEnv>> {
    RuntimeEnvBuilder::new()
        .with_object_store_registry(Arc::new(Stores::default()))
        .build_arc()
}

/// Local files always; `s3://` with the feature `s3`, made when first asked for.
#[derive(Debug, Default)]
struct Stores {
    known: DefaultObjectStoreRegistry,
}

impl ObjectStoreRegistry for Stores {
    fn register_store(
        &self,
        url: &Url,
        store: Arc<dyn ObjectStore>,
    ) -> Option<Arc<dyn ObjectStore>> {
        self.known.register_store(url, store)
    }

    fn deregister_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        self.known.deregister_store(url)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        match self.known.get_store(url) {
            Ok(store) => Ok(store),
            Err(_) if url.scheme() == "s3" => {
                let store = s3(url)?;
                self.known.register_store(url, store.clone());
                Ok(store)
            }
            Err(unknown) => Err(unknown),
        }
    }
}

#[cfg(feature = "s3")]
fn s3(url: &Url) -> Result<Arc<dyn ObjectStore>> {
    let store = object_store::aws::AmazonS3Builder::from_env()
        .with_url(url.as_str())
        .build()?;
    Ok(Arc::new(store))
}

#[cfg(not(feature = "s3"))]
fn s3(url: &Url) -> Result<Arc<dyn ObjectStore>> {
    Err(datafusion::common::DataFusionError::Configuration(format!(
        "{url}: this binary was built without S3: build it with --features s3"
    )))
}
