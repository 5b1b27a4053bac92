// The groups of options in the help of the verbs, in the order in which people look for them.

enum HelpTitle {
  static let everyday = "Everyday Options"
  static let roster = "How the Roster Is Read"
  static let people = "Who Comes and Who Leaves"
  static let place = "Queue and Service"
  static let pace = "Pace, Waits and Attempts"
  static let programs = "For Programs"
}
