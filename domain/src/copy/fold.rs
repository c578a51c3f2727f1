//! The one fold of a copy: state and event give the next state.

use super::event::CopyEvent;
use super::mark::Annotation;
use super::state::{
    CopyState, EndedLock, ExamCopy, Finalisation, Grade, Identity, Import, Lock, Marking, Paper, Staging,
    Void,
};

impl ExamCopy {
    /// Takes in one event. Total: an event that no command of this build would have produced in this state
    /// leaves the state as it is, and counts in the sequence.
    pub fn fold(&mut self, event: CopyEvent) {
        self.sequence = self.sequence.saturating_add(1);
        match &event {
            CopyEvent::CopyIdentified { subject, .. } => self.subject = Some(*subject),
            CopyEvent::CopyUnidentified { .. } => self.subject = None,
            CopyEvent::CopyAssigned { grader, .. } => self.assigned_to = Some(*grader),
            CopyEvent::CopyUnassigned { .. } => self.assigned_to = None,
            _ => {}
        }
        let state = std::mem::take(&mut self.state);
        self.state = next(state, event);
    }
}

fn next(state: CopyState, event: CopyEvent) -> CopyState {
    use CopyEvent as E;
    use CopyState as S;
    match (state, event) {
        (S::Absent, E::CopyImportRequested { exam, anonymous_id, source, source_bytes, filename }) => {
            let identity = Identity { exam, anonymous_id, source, source_bytes, filename };
            S::Staging(Staging { identity, import: Import::Pending { attempt: 1 } })
        }
        (S::Staging(staging), event) => next_staging(staging, event),
        (S::Voided(identity, void), _) => S::Voided(identity, void),
        (S::Ready(paper), E::CopyVoided { reason, replaced_by, .. })
        | (S::Locked(paper, _), E::CopyVoided { reason, replaced_by, .. })
        | (S::GradingFailed(paper, _), E::CopyVoided { reason, replaced_by, .. })
        | (S::Graded(paper, _), E::CopyVoided { reason, replaced_by, .. }) => {
            S::Voided(paper.identity, Void { reason, replaced_by })
        }
        (
            S::Ready(paper) | S::GradingFailed(paper, _),
            E::LockAcquired { lock, owner, ttl_seconds, expires_at },
        ) => S::Locked(paper, Lock { id: lock, owner, ttl_seconds, expires_at }),
        (S::Locked(paper, lock), event) => next_locked(paper, lock, event),
        (
            S::GradingFailed(paper, _),
            E::FinalisationStarted { attempt, cause, basis_sequence, total, .. },
        ) => S::Grading(paper, Finalisation { attempt, cause, basis_sequence, total, will_retry: false }),
        (S::Grading(paper, run), event) => next_grading(paper, run, event),
        (S::Graded(paper, grade), event) => next_graded(paper, grade, event),
        (state, _) => state,
    }
}

fn next_staging(mut staging: Staging, event: CopyEvent) -> CopyState {
    match event {
        CopyEvent::CopyImported { pages, .. } => staging.import = Import::Done { pages },
        CopyEvent::CopyImportFailed { attempt, will_retry, .. } => {
            staging.import = if will_retry {
                Import::Pending { attempt: attempt.saturating_add(1) }
            } else {
                Import::Failed { attempt }
            };
        }
        CopyEvent::CopyImportRetried { attempt, .. } => staging.import = Import::Pending { attempt },
        CopyEvent::CopyVoided { reason, replaced_by, .. } => {
            return CopyState::Voided(staging.identity, Void { reason, replaced_by });
        }
        CopyEvent::CopyValidated { scheme_version, questions } => {
            if let Import::Done { pages } = staging.import {
                return CopyState::Ready(Paper {
                    identity: staging.identity,
                    pages,
                    scheme_version,
                    questions,
                    marking: Marking::default(),
                    cycle: 1,
                    last_lock: None,
                });
            }
        }
        _ => {}
    }
    CopyState::Staging(staging)
}

fn next_locked(mut paper: Paper, mut lock: Lock, event: CopyEvent) -> CopyState {
    use CopyEvent as E;
    let ended = |lock: &Lock, expired| Some(EndedLock { id: lock.id, expired });
    match event {
        E::LockRenewed { ttl_seconds, expires_at, .. } => {
            lock.ttl_seconds = ttl_seconds;
            lock.expires_at = expires_at;
        }
        E::LockReleased { .. } | E::LockForceReleased { .. } => {
            paper.last_lock = ended(&lock, false);
            return CopyState::Ready(paper);
        }
        E::LockExpired { .. } => {
            paper.last_lock = ended(&lock, true);
            return CopyState::Ready(paper);
        }
        E::FinalisationStarted { attempt, cause, basis_sequence, total, .. } => {
            paper.last_lock = ended(&lock, false);
            let run = Finalisation { attempt, cause, basis_sequence, total, will_retry: false };
            return CopyState::Grading(paper, run);
        }
        event => paper.marking.fold(event),
    }
    CopyState::Locked(paper, lock)
}

fn next_grading(paper: Paper, mut run: Finalisation, event: CopyEvent) -> CopyState {
    match event {
        CopyEvent::CopyGraded { basis_sequence, total, pdf, attempt, .. } => {
            CopyState::Graded(paper, Grade { basis_sequence, total, pdf, attempt })
        }
        CopyEvent::FinalisationFailed { will_retry, .. } => {
            run.will_retry = will_retry;
            CopyState::GradingFailed(paper, run)
        }
        _ => CopyState::Grading(paper, run),
    }
}

fn next_graded(mut paper: Paper, grade: Grade, event: CopyEvent) -> CopyState {
    match event {
        CopyEvent::ScoreCorrected { question, after, .. } => {
            paper.marking.scores.insert(question, after);
            CopyState::Graded(paper, grade)
        }
        CopyEvent::FinalisationStarted { attempt, cause, basis_sequence, total, .. } => CopyState::Grading(
            paper,
            Finalisation { attempt, cause, basis_sequence, total, will_retry: false },
        ),
        CopyEvent::CopyReopened { cycle, .. } => {
            paper.cycle = cycle;
            CopyState::Ready(paper)
        }
        _ => CopyState::Graded(paper, grade),
    }
}

impl Marking {
    /// Takes in an event of marking; any other leaves the marking as it is.
    fn fold(&mut self, event: CopyEvent) {
        match event {
            CopyEvent::AnnotationAdded { annotation, page_index, page, mark } => {
                self.annotations_added = self.annotations_added.saturating_add(1);
                let number = self.annotations_added;
                self.annotations
                    .insert(annotation, Annotation { revision: 1, page_index, page, mark, number });
            }
            CopyEvent::AnnotationRevised { annotation, from_revision, after, .. } => {
                if let Some(standing) = self.annotations.get_mut(&annotation) {
                    standing.revision = from_revision.saturating_add(1);
                    standing.mark = after;
                }
            }
            CopyEvent::AnnotationRemoved { annotation, .. } => {
                self.annotations.remove(&annotation);
                self.removed.insert(annotation);
            }
            CopyEvent::QuestionScored { question, after, .. } => put(&mut self.scores, question, after),
            CopyEvent::RemarkSet { question, after, .. } => put(&mut self.remarks, question, after),
            CopyEvent::AppreciationSet { after, .. } => self.appreciation = after,
            _ => {}
        }
    }
}

fn put<K: Ord, V>(map: &mut std::collections::BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}
