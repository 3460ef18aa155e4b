//! One server whose disk fails for a while.

use sockful::Result;

pub(crate) async fn show() -> Result<()> {
    Ok(())
}
