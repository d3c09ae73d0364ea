//! All that is asked of every domain at once.

use std::ffi::{c_int, c_uint};

use super::connection::Connection;
use super::domain::Domain;
use super::error::Error;
use super::state::Reason;

/// `VIR_DOMAIN_XML_INACTIVE` (libvirt-domain.h).
const XML_INACTIVE: c_uint = 2;
/// `VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE`: taken while the domain ran (libvirt-domain-snapshot.h).
const SNAPSHOTS_ACTIVE: c_uint = 1 << 6;

/// A domain as libvirt knows it.
#[derive(Debug, Clone)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// Whether it runs.
    pub running: bool,
    /// Whether libvirt starts it by itself.
    pub autostart: bool,
    /// Whether somebody paused it.
    pub paused: bool,
    /// Whether its state was saved, to go on from at its next start.
    pub saved: bool,
    /// Whether it has a snapshot that was taken while it ran.
    pub snapshotted: bool,
    /// Its XML: live if it runs.
    pub xml: String,
    /// The persistent definition of a running domain that has one.
    pub definition: Option<String>,
}

impl Connection {
    /// `virConnectListAllDomains`, with the XML of each; a domain that goes away meanwhile is left out.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn domains(&self) -> Result<Vec<Described>, Error> {
        let described = self.list(0)?.into_iter().filter_map(|domain| describe(&domain).ok());
        let mut domains: Vec<Described> = described.collect();
        domains.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(domains)
    }
}

fn describe(domain: &Domain) -> Result<Described, Error> {
    let (calls, pointer) = (domain.calls(), domain.pointer());
    // SAFETY: the domain is live during this function, in this and the calls below.
    let running = unsafe { (calls.virDomainIsActive)(pointer) } == 1;
    // SAFETY: as above.
    let persistent = unsafe { (calls.virDomainIsPersistent)(pointer) } == 1;
    // SAFETY: as above.
    let saved = unsafe { (calls.virDomainHasManagedSaveImage)(pointer, 0) } == 1;
    // SAFETY: as above.
    let snapshotted = unsafe { (calls.virDomainSnapshotNum)(pointer, SNAPSHOTS_ACTIVE) } > 0;
    let mut autostart: c_int = 0;
    // SAFETY: as above; the call writes one number.
    unsafe { (calls.virDomainGetAutostart)(pointer, &raw mut autostart) };
    let definition = (running && persistent).then(|| domain.xml_with(XML_INACTIVE).ok());
    Ok(Described {
        name: domain.name(),
        running,
        autostart: autostart != 0,
        paused: domain.state().is_ok_and(|(_, reason)| reason == Reason::PAUSED_USER),
        saved,
        snapshotted,
        xml: domain.xml()?,
        definition: definition.flatten(),
    })
}
