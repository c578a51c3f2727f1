//! A second, naive account of a copy, kept from its events alone: plain lists, no status, no sharing of code
//! with the rules. Where it and the rules disagree, one of them is wrong.

use domain::copy::event::Breakdown;
use domain::copy::{CopyEvent, CopyState, ExamCopy, Mark};
use domain::{ActorId, AnnotationId, Commitment, LockId, Points, QuestionId, SubjectId};

#[derive(Default)]
pub(super) struct Model {
    events: u64,
    annotations: Vec<(AnnotationId, u32, Mark)>,
    ever_added: Vec<AnnotationId>,
    scores: Vec<(QuestionId, Points)>,
    remarks: Vec<(QuestionId, Commitment)>,
    appreciation: Option<Commitment>,
    lock: Option<LockId>,
    frozen: bool,
    subject: Option<SubjectId>,
    assigned_to: Option<ActorId>,
}

type Held = Result<(), String>;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, stood: &T, told: &T) -> Held {
    if stood == told { Ok(()) } else { Err(format!("{what}: stood {stood:?}, the event tells {told:?}")) }
}

fn of<T: Copy>(list: &[(QuestionId, T)], question: &QuestionId) -> Option<T> {
    list.iter().find(|(id, _)| id == question).map(|(_, value)| *value)
}

fn set<T>(list: &mut Vec<(QuestionId, T)>, question: &QuestionId, value: Option<T>) {
    list.retain(|(id, _)| id != question);
    list.extend(value.map(|value| (question.clone(), value)));
}

impl Model {
    fn total_hundredths(&self) -> i64 {
        let annotations = self.annotations.iter().map(|(_, _, mark)| mark.points.map_or(0, |p| p.0));
        let scores = self.scores.iter().map(|(_, points)| points.0);
        annotations.chain(scores).sum()
    }

    /// Takes in an event, and holds it against what stood before (L1, L5, L6, L8).
    pub(super) fn take(&mut self, event: &CopyEvent) -> Held {
        use CopyEvent as E;
        self.events += 1;
        match event {
            E::AnnotationAdded { annotation, mark, .. } => {
                if self.ever_added.contains(annotation) {
                    return Err(format!("annotation id {annotation} was given twice"));
                }
                self.ever_added.push(*annotation);
                self.annotations.push((*annotation, 1, mark.clone()));
                self.is_marking()
            }
            E::AnnotationRevised { annotation, from_revision, before, after } => {
                self.take_out(*annotation, *from_revision, before)?;
                self.annotations.push((*annotation, from_revision + 1, after.clone()));
                self.is_marking()
            }
            E::AnnotationRemoved { annotation, from_revision, before } => {
                self.take_out(*annotation, *from_revision, before)?;
                self.is_marking()
            }
            E::QuestionScored { question, before, after } => {
                same("score", &of(&self.scores, question), before)?;
                set(&mut self.scores, question, *after);
                self.is_marking()
            }
            E::RemarkSet { question, before, after } => {
                same("remark", &of(&self.remarks, question), before)?;
                set(&mut self.remarks, question, *after);
                self.is_marking()
            }
            E::AppreciationSet { before, after } => {
                same("appreciation", &self.appreciation, before)?;
                self.appreciation = *after;
                self.is_marking()
            }
            E::LockAcquired { lock, .. } => {
                same("lock before acquiring", &self.lock, &None)?;
                self.lock = Some(*lock);
                Ok(())
            }
            E::LockRenewed { lock, .. } => same("renewed lock", &self.lock, &Some(*lock)),
            E::LockReleased { lock, .. }
            | E::LockExpired { lock, .. }
            | E::LockForceReleased { lock, .. } => same("ended lock", &self.lock.take(), &Some(*lock)),
            E::FinalisationStarted { basis_sequence, total, lock, .. } => {
                same("lock ended by finalising", &self.lock.take(), lock)?;
                same("basis", &(self.events - 1), basis_sequence)?;
                same("frozen", &std::mem::replace(&mut self.frozen, true), &false)?;
                same("frozen total", &self.total_hundredths(), &total.0)
            }
            E::CopyGraded { total, breakdown, .. } => {
                same("frozen", &std::mem::replace(&mut self.frozen, false), &true)?;
                self.adds_up(breakdown)?;
                same("graded total", &self.total_hundredths(), &total.0)
            }
            E::FinalisationFailed { .. } => {
                same("frozen", &std::mem::replace(&mut self.frozen, false), &true)
            }
            E::ScoreCorrected { question, before, after, .. } => {
                same("corrected score", &of(&self.scores, question), before)?;
                set(&mut self.scores, question, Some(*after));
                Ok(())
            }
            E::CopyVoided { lock, .. } => same("lock ended by voiding", &self.lock.take(), lock),
            E::CopyIdentified { subject, .. } => {
                same("subject before identifying", &self.subject.replace(*subject), &None)
            }
            E::CopyUnidentified { subject, .. } => {
                same("subject taken back", &self.subject.take(), &Some(*subject))
            }
            E::CopyAssigned { grader, before, .. } => {
                same("grader before", &self.assigned_to.replace(*grader), before)?;
                same("lock while assigning", &self.lock, &None)
            }
            E::CopyUnassigned { grader } => {
                same("grader taken back", &self.assigned_to.take(), &Some(*grader))
            }
            E::CopyImportRequested { .. }
            | E::CopyImported { .. }
            | E::CopyImportFailed { .. }
            | E::CopyImportRetried { .. }
            | E::CopyValidated { .. }
            | E::CopyExported { .. }
            | E::CopyReopened { .. } => same("lock outside marking", &self.lock, &None),
        }
    }

    fn take_out(&mut self, id: AnnotationId, revision: u32, before: &Mark) -> Held {
        let at = self.annotations.iter().position(|(known, _, _)| *known == id);
        let (_, stood, mark) =
            at.map(|index| self.annotations.remove(index)).ok_or(format!("no annotation {id}"))?;
        same("revision", &stood, &revision)?;
        same("mark", &mark, before)
    }

    fn is_marking(&self) -> Held {
        if self.lock.is_some() && !self.frozen { Ok(()) } else { Err("marked without a lock".to_owned()) }
    }

    fn adds_up(&self, breakdown: &Breakdown) -> Held {
        let lines: i64 = breakdown.questions.iter().map(|line| line.points.map_or(0, |p| p.0)).sum();
        same("lines of the score sheet", &self.total_hundredths(), &(lines + breakdown.annotations.0))
    }

    /// Whether the rules' state says the same.
    pub(super) fn agrees_with(&self, copy: &ExamCopy) -> Held {
        same("sequence", &self.events, &copy.sequence)?;
        same("subject", &self.subject, &copy.subject)?;
        same("assigned to", &self.assigned_to, &copy.assigned_to)?;
        let held = match &copy.state {
            CopyState::Locked(_, lock) => Some(lock.id),
            _ => None,
        };
        same("lock", &self.lock, &held)?;
        let Some(paper) = copy.state.paper() else { return Ok(()) };
        same("frozen", &self.frozen, &matches!(copy.state, CopyState::Grading(..)))?;
        same("total", &self.total_hundredths(), &paper.breakdown().total().0)?;
        let mut annotations = self.annotations.clone();
        annotations.sort_by_key(|(id, _, _)| *id);
        let folded: Vec<_> =
            paper.marking.annotations.iter().map(|(id, a)| (*id, a.revision, a.mark.clone())).collect();
        same("annotations", &annotations, &folded)?;
        same("annotations ever", &(self.ever_added.len() as u32), &paper.marking.annotations_added)?;
        same("scores", &self.scores.len(), &paper.marking.scores.len())?;
        same("remarks", &self.remarks.len(), &paper.marking.remarks.len())?;
        same("appreciation", &self.appreciation, &paper.marking.appreciation)
    }
}
