/** What a report does not prove. Said in every report, because silence would be taken for proof. */
export const HONEST_NOTES: readonly string[] = [
  'A verified backup means that the image is available and the snapshots of all its volumes are complete. It is not a tested restore.',
  'Backups made without a reboot are crash-consistent: like a disk after a power cut. Instance-store volumes are in no backup.',
  'Load balancers were not looked at: instances were not taken out of them, and their health there is not part of this report.',
  'On Linux the package versions come from the repositories of each instance at the time of its installation. What was approved is the instances, order, document and parameters; this report lists what was installed.',
  'Figures before patching are those of the last scan found, and may be older than the run. Figures after it are from a scan of our own.',
  'Only patches that the patch baseline of an instance approves are counted.',
];
