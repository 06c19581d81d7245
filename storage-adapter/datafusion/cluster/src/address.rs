//! Where a server listens, and whom that lets in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Loopback: nobody from outside this machine.
pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What to say before listening where others can connect; `None` on loopback.
///
/// ```
/// use lattice_cluster::address::exposed;
///
/// assert_eq!(exposed("127.0.0.1:50050".parse()?), None);
/// assert_eq!(exposed("[::1]:50050".parse()?), None);
/// assert!(exposed("0.0.0.0:50050".parse()?).is_some());
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn exposed(address: SocketAddr) -> Option<String> {
    // SUBTLE: `::ffff:127.0.0.1` is loopback too, but the standard library says no: it is warned about, not missed.
    (!address.ip().is_loopback()).then(|| {
        format!(
            "warning: listening on {address}, beyond this machine: no TLS and no authentication; whoever can connect \
             can run any query on the data this process can read. Use a private network, a VPN or a mutual-TLS proxy."
        )
    })
}
