//! Letting a view go on without a stream, and having it take the stream in again.

use ::projections::{ProjectionStatus, StreamId, parked};
use domain::operations::{NamedStream, Operations, OperationsCommand};
use domain::{OperationsId, ViewName};
use uuid::Uuid;

use super::super::answers::projections::ParkingAnswer;
use super::super::texts::Reason;
use super::super::{App, AppError, Caller, Written};
use super::ViewError;
use crate::vault::{Purpose, Sealed, VaultOwner};

impl App {
    /// Lets a stopped view go on without the stream that stops it, with the reason. Its leader takes that up by itself.
    ///
    /// # Errors
    /// [`AppError::NoSuch`]; the view is not stopped, or by another stream; or a rule of the operations.
    pub async fn park(
        &self,
        caller: &Caller,
        view: &ViewName,
        stream: Uuid,
        reason: &Reason,
    ) -> Result<Written, AppError> {
        let standing = self.standing(view).await?;
        let (stream, from_position) = match stops(view, stream, &standing) {
            Ok(stops) => stops,
            Err(refusal) => return self.repeat_or(caller, refusal.into()).await,
        };
        let Sealed { commitment: reason, row } = self.seal_reason(reason).await?;
        let (of, parked) = (view.clone(), stream.clone());
        let view = view.clone();
        let command = move |_| OperationsCommand::Park {
            view: view.clone(),
            stream: stream.clone(),
            from_position,
            reason,
        };
        let answer = move |standing: &Operations| ParkingAnswer::of(&of, &parked, standing);
        self.execute::<Operations, _>(caller, OperationsId::ONLY.0, vec![row], &command, &answer).await
    }

    /// Has a view take in a parked stream again, with the reason where somebody gives one.
    ///
    /// # Errors
    /// [`AppError::NoSuch`], or that the stream is not parked.
    pub async fn unpark(
        &self,
        caller: &Caller,
        view: &ViewName,
        stream: Uuid,
        reason: Option<&Reason>,
    ) -> Result<Written, AppError> {
        self.standing(view).await?;
        let operations = self.ledger.load::<Operations>(OperationsId::ONLY.0).await?.state;
        let parked =
            operations.parked.iter().find(|parked| parked.view == *view && parked.stream.id == stream);
        let Some(parked) = parked else {
            let refusal = ViewError::NotParked { view: view.clone(), stream };
            return self.repeat_or(caller, refusal.into()).await;
        };
        let stream = parked.stream.clone();
        let sealed = match reason {
            Some(reason) => Some(self.seal_reason(reason).await?),
            None => None,
        };
        let (reason, row) = sealed.map(|Sealed { commitment, row }| (commitment, row)).unzip();
        let (of, parked) = (view.clone(), stream.clone());
        let view = view.clone();
        let command =
            move |_| OperationsCommand::Unpark { view: view.clone(), stream: stream.clone(), reason };
        let answer = move |standing: &Operations| ParkingAnswer::of(&of, &parked, standing);
        let rows = row.into_iter().collect();
        self.execute::<Operations, _>(caller, OperationsId::ONLY.0, rows, &command, &answer).await
    }

    async fn seal_reason(&self, reason: &Reason) -> Result<Sealed, AppError> {
        let owner = VaultOwner::Operations(OperationsId::ONLY);
        Ok(self.vault.seal(owner, Purpose::Comments, reason.as_str()).await?)
    }
}

/// The stream that stops a view, if it has this id, and the position from which it would be parked.
fn stops(view: &ViewName, asked: Uuid, standing: &ProjectionStatus) -> Result<(NamedStream, u64), ViewError> {
    let view = || view.clone();
    if standing.name == parked::VIEW.name {
        return Err(ViewError::SaysWhatIsParked { view: view() });
    }
    let Some(poison) = &standing.poison else { return Err(ViewError::NotStopped { view: view() }) };
    let position = poison.position;
    let no_stream = || ViewError::NoStream { view: view(), position, cause: poison.cause.clone() };
    let stream: StreamId = poison.stream.parse().map_err(|_| no_stream())?;
    let named =
        NamedStream { sort: stream.kind().as_str().parse().map_err(|_| no_stream())?, id: stream.uuid() };
    if named.id != asked {
        return Err(ViewError::StoppedByAnother { view: view(), position, stream: named });
    }
    Ok((named, position.unsigned_abs()))
}
