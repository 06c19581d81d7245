//! Folders by URL: on the local disk, in memory, in an S3-compatible store.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::prelude::SessionContext;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as StorePath;
use thiserror::Error;
use url::Url;

/// A folder that tables are read from and written to.
///
/// ```
/// use lattice_datafusion::Place;
/// let logs = Place::open("/var/logs")?;
/// assert_eq!(logs.join("2026").url().as_str(), "file:///var/logs/2026/");
/// # Ok::<(), lattice_datafusion::PlaceError>(())
/// ```
#[derive(Clone)]
pub struct Place {
    /// Ends with a slash.
    url: Url,
    store: Arc<dyn ObjectStore>,
    /// The folder, as the store names it.
    folder: StorePath,
    /// The folder, as the operating system names it.
    local: Option<PathBuf>,
}

/// Why a location leads nowhere.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// The location is no path and no URL that is understood.
    #[error(
        "`{location}` is no folder that can be read: name a path, file:// or s3://bucket/folder"
    )]
    Location {
        /// The location.
        location: String,
    },
    /// The build cannot reach such stores.
    #[error(
        "`{location}` is in a store that this build cannot reach: build with the feature `{feature}`"
    )]
    Feature {
        /// The location.
        location: String,
        /// The feature it takes.
        feature: &'static str,
    },
    /// The store cannot be reached as it is configured.
    #[error("cannot reach the store of `{location}`: {message}")]
    Store {
        /// The location.
        location: String,
        /// What the store said.
        message: String,
    },
}

impl Place {
    /// The folder at a path or a URL: `file://` or, with the feature `s3`, `s3://`. Nothing is created or looked up.
    ///
    /// An S3-compatible store is configured by the environment: `AWS_ENDPOINT`, `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ALLOW_HTTP` and so on.
    ///
    /// # Errors
    ///
    /// [`PlaceError`].
    pub fn open(location: &str) -> Result<Self, PlaceError> {
        let unknown = || PlaceError::Location {
            location: location.to_owned(),
        };
        match Url::parse(location) {
            Ok(url) if url.scheme() == "file" => {
                Self::local(url.to_file_path().map_err(|()| unknown())?, location)
            }
            Ok(url) if url.scheme() == "s3" && url.has_host() => Self::s3(&as_folder(url)),
            Ok(url) if location.contains("://") => {
                let location = url.into();
                Err(PlaceError::Location { location })
            }
            _ => Self::local(location.into(), location),
        }
    }

    /// A folder in the memory of this process, empty; its clones and the folders in it share what is written. Two of
    /// one name in one session are one.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Location`] when the name is no host name.
    pub fn memory(name: &str) -> Result<Self, PlaceError> {
        let location = format!("memory://{name}/");
        let Ok(url) = Url::parse(&location) else {
            return Err(PlaceError::Location { location });
        };
        Ok(Self {
            url,
            store: Arc::new(InMemory::new()),
            folder: StorePath::default(),
            local: None,
        })
    }

    fn local(path: PathBuf, location: &str) -> Result<Self, PlaceError> {
        let unknown = || PlaceError::Location {
            location: location.to_owned(),
        };
        let path = std::path::absolute(path).map_err(|_| unknown())?;
        let url = Url::from_directory_path(&path).map_err(|()| unknown())?;
        Ok(Self {
            folder: StorePath::from_url_path(url.path()).map_err(|_| unknown())?,
            url,
            store: Arc::new(LocalFileSystem::new()),
            local: Some(path),
        })
    }

    #[cfg(feature = "s3")]
    fn s3(url: &Url) -> Result<Self, PlaceError> {
        let builder = object_store::aws::AmazonS3Builder::from_env().with_url(url.as_str());
        let store = builder.build().map_err(|error| PlaceError::Store {
            location: url.to_string(),
            message: error.to_string(),
        })?;
        let folder = StorePath::from_url_path(url.path()).map_err(|_| PlaceError::Location {
            location: url.to_string(),
        })?;
        Ok(Self {
            url: url.clone(),
            store: Arc::new(store),
            folder,
            local: None,
        })
    }

    #[cfg(not(feature = "s3"))]
    fn s3(url: &Url) -> Result<Self, PlaceError> {
        Err(PlaceError::Feature {
            location: url.to_string(),
            feature: "s3",
        })
    }

    /// A folder in this one. Empty names, `.` and `..` are left out: no join leads out of the folder.
    #[must_use]
    pub fn join(&self, folder: &str) -> Self {
        let mut place = self.clone();
        for name in folder
            .split('/')
            .filter(|name| !matches!(*name, "" | "." | ".."))
        {
            place.folder = place.folder.clone().join(name);
            if let Ok(mut path) = place.url.path_segments_mut() {
                path.pop_if_empty().push(name).push("");
            }
            if let Some(local) = &mut place.local {
                local.push(name);
            }
        }
        place
    }

    /// The URL of the folder. Ends with a slash, as the engine wants folders.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Makes the store known to a session, so that queries find the URL.
    pub fn register(&self, ctx: &SessionContext) {
        let mut root = self.url.clone();
        root.set_path("/");
        ctx.register_object_store(&root, Arc::clone(&self.store));
    }

    pub(crate) fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    pub(crate) fn folder(&self) -> &StorePath {
        &self.folder
    }

    /// A file below the folder, as the store names it.
    pub(crate) fn file(&self, path: &str) -> StorePath {
        let names = path.split('/').filter(|name| !name.is_empty());
        names.fold(self.folder.clone(), StorePath::join)
    }

    /// A file below the folder, as the operating system names it.
    pub(crate) fn local_file(&self, path: &str) -> Option<PathBuf> {
        self.local.as_ref().map(|local| local.join(path))
    }
}

fn as_folder(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.url, f)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.url)
    }
}
