//! Events that the application emits outside a call: each in a separate commit, or to the current
//! subscribers only.

use crate::core::error::Result;
use crate::engine::call::commit::{commit, deliver};
use crate::engine::call::context::Context;
use crate::engine::call::response_draft::ResponseDraft;
use crate::engine::call::transaction::emission::Emission;

impl Context {
    /// Adds the event to the current transaction, or commits it in a separate transaction.
    pub(crate) async fn emit_now(&self, emission: Emission) -> Result<()> {
        if self.is_in_transaction() {
            return self.transaction()?.emit(emission);
        }
        loop {
            let call = self.begin();
            call.transaction()?.emit(emission.clone())?;
            if commit(&call, ResponseDraft::Nothing, None).await?.is_some() {
                return Ok(());
            }
        }
    }

    /// Sends the event to the current subscribers without a commit: at the end of the current
    /// transaction, or at once if there is none.
    pub(crate) async fn broadcast_now(&self, emission: Emission) -> Result<()> {
        if self.is_in_transaction() {
            return self.transaction()?.broadcast(emission);
        }
        deliver(self, emission).await
    }
}
